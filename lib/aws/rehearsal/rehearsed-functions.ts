import { join } from 'node:path';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { VerifiedArtifact } from '../../artifact';
import { type ProgramRequest, runProgram } from '../../program';
import { createServer, type InferenceServer } from '../../serving';
import { createHandler as createGate, type GateEvent } from '../functions/gate';
import { createHandler as createProgram, type ProgramEvent } from '../functions/program';
import { parseS3Uri } from '../functions/s3-uri';
import { createHandler as createSmokeTest, type SmokeTestEvent } from '../functions/smoke-test';
import type { FakeS3, Guard } from './fake-s3';
import type { ProgramCache } from '../../rehearsal/program-cache';

/** The world that a function runs in. */
export interface FunctionWorld {
  readonly s3: FakeS3;
  /** Judges accesses in the name of the function's role. */
  readonly guard: Guard;
  /** Archive of the model that the endpoint serves. */
  readonly servedArchive: () => string | undefined;
  /** Judges a request to the endpoint in the name of the function's role. */
  readonly guardEndpoint: (endpointName: string) => void;
  /** Changes the endpoint's answers. */
  readonly alterAnswer: (body: string) => string;
}

/** The Lambda functions of a pipeline, and this library's server behind its endpoint. */
export class RehearsedFunctions {
  private readonly servers = new Map<string, Promise<InferenceServer>>();

  /** @param directory for the versions that are served */
  constructor(
    private readonly directory: string,
    private readonly cache: ProgramCache,
  ) {}

  invoke(payload: Readonly<Record<string, unknown>>, world: FunctionWorld): Promise<unknown> {
    const s3 = world.s3.client(world.guard);
    if ('program' in payload) {
      const run = (request: ProgramRequest) => this.cache.run(request, runProgram);
      return createProgram(s3, run)(payload as unknown as ProgramEvent);
    }
    if ('rules' in payload) return createGate(s3)(payload as unknown as GateEvent);
    return createSmokeTest(s3, this.endpointClient(world))(payload as unknown as SmokeTestEvent);
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) await (await server).close();
  }

  private endpointClient(world: FunctionWorld): SageMakerRuntimeClient {
    const client = new SageMakerRuntimeClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: '-', secretAccessKey: '-' },
    });
    client.middlewareStack.add(
      () =>
        async ({ input }) => {
          const { Body, EndpointName = '' } = input as { Body?: unknown; EndpointName?: string };
          world.guardEndpoint(EndpointName);
          const server = await this.serve(world);
          const response = await fetch(`${server.address ?? ''}/invocations`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: String(Body),
          });
          const text = world.alterAnswer(await response.text());
          return {
            output: { Body: { transformToString: () => text }, $metadata: {} } as never,
            response: {},
          };
        },
      { step: 'initialize', priority: 'high' },
    );
    return client;
  }

  private serve({ s3, servedArchive }: FunctionWorld): Promise<InferenceServer> {
    const { bucket, prefix } = parseS3Uri(servedArchive() ?? '', 'archive');
    const version = prefix.replace(/model\.tar\.gz\/$/, '');
    const running =
      this.servers.get(version) ?? this.start(join(this.directory, version), s3, bucket, version);
    this.servers.set(version, running);
    return running;
  }

  private async start(
    directory: string,
    s3: FakeS3,
    bucket: string,
    prefix: string,
  ): Promise<InferenceServer> {
    s3.copyTo(directory, bucket, prefix);
    const server = createServer(VerifiedArtifact.fromDirectory(directory));
    await server.listen({ port: 0 });
    return server;
  }
}
