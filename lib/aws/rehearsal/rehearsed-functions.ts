import { join } from 'node:path';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { VerifiedArtifact } from '../../artifact';
import { type ProgramRequest, runProgram } from '../../program';
import { createServer, type InferenceServer } from '../../serving';
import { createHandler as createFeedback, type FeedbackEvent } from '../functions/feedback';
import { createHandler as createGate, type GateEvent } from '../functions/gate';
import { createHandler as createProgram, type ProgramEvent } from '../functions/program';
import { parseS3Uri } from '../functions/s3-uri';
import { createHandler as createSmokeTest, type SmokeTestEvent } from '../functions/smoke-test';
import type { FakeS3, Guard } from './fake-s3';
import type { Queue } from './fake-sagemaker';
import { answerPrompt, isLanguageModelData } from './lmi-stand-in';
import { answerOffline, OFFLINE } from './offline-client';
import type { ProgramCache } from '../../rehearsal/program-cache';

/** The world that a function runs in. */
export interface FunctionWorld {
  readonly s3: FakeS3;
  /** Judges accesses in the name of the function's role. */
  readonly guard: Guard;
  /** Where the model is that the endpoint serves. */
  readonly servedData: () => string | undefined;
  /** Judges a request to the endpoint in the name of the function's role. */
  readonly guardEndpoint: (action: 'InvokeEndpoint' | 'InvokeEndpointAsync', endpointName: string) => void;
  /** Of an asynchronous endpoint; `guard` judges accesses in the name of the endpoint's role. */
  readonly queue: () => (Queue & { readonly guard: Guard }) | undefined;
  /** Changes the endpoint's answers. */
  readonly alterAnswer: (body: string) => string;
  /** Lists and starts runs in the name of the function's role. */
  readonly executions: SFNClient;
}

interface EndpointInput {
  readonly Body?: unknown;
  readonly EndpointName?: string;
  readonly InputLocation?: string;
}

/** The Lambda functions of a pipeline, and what serves its endpoint: this library's server, or a stand-in for LMI. */
export class RehearsedFunctions {
  private readonly servers = new Map<string, Promise<InferenceServer>>();
  private answers = 0;

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
    if ('retrainAfterSamples' in payload) {
      const silent = () => undefined;
      return createFeedback(s3, world.executions, silent)(payload as unknown as FeedbackEvent);
    }
    return createSmokeTest(s3, this.endpointClient(world))(payload as unknown as SmokeTestEvent);
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) await (await server).close();
  }

  private endpointClient(world: FunctionWorld): SageMakerRuntimeClient {
    return answerOffline(new SageMakerRuntimeClient(OFFLINE), (command, input) =>
      this.respond(command, input, world),
    );
  }

  private async respond(command: string, input: EndpointInput, world: FunctionWorld): Promise<object> {
    const { Body, EndpointName = '', InputLocation = '' } = input;
    const queue = world.queue();
    if (command === 'InvokeEndpointAsyncCommand' && queue) {
      world.guardEndpoint('InvokeEndpointAsync', EndpointName);
      return this.answerLater(world, queue, InputLocation);
    }
    if (command !== 'InvokeEndpointCommand' || queue) throw new Error(`the endpoint takes no ${command}`);
    world.guardEndpoint('InvokeEndpoint', EndpointName);
    const text = world.alterAnswer(await this.answer(world, String(Body)));
    return { Body: { transformToString: () => text }, $metadata: {} };
  }

  /** The endpoint fetches the request from the store, and puts its answer there. */
  private async answerLater(
    world: FunctionWorld,
    { answers, failures, guard }: Queue & { readonly guard: Guard },
    location: string,
  ): Promise<object> {
    const request = locate(location);
    guard('s3:GetObject', request.bucket, request.key);
    const body = world.s3.get(request.bucket, request.key)?.toString() ?? '';
    const id = String((this.answers += 1));
    const OutputLocation = `${answers}${id}.out`;
    const { bucket, key } = locate(OutputLocation);
    guard('s3:PutObject', bucket, key);
    world.s3.put(bucket, key, world.alterAnswer(await this.answer(world, body)));
    return { InferenceId: id, OutputLocation, FailureLocation: `${failures}${id}-error.out`, $metadata: {} };
  }

  private async answer({ s3, servedData }: FunctionWorld, body: string): Promise<string> {
    const dataUri = servedData() ?? '';
    if (isLanguageModelData(dataUri)) return answerPrompt(s3, dataUri, body);
    const server = await this.serve(s3, dataUri);
    const response = await fetch(`${server.address ?? ''}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return response.text();
  }

  private serve(s3: FakeS3, archiveUri: string): Promise<InferenceServer> {
    const { bucket, prefix } = parseS3Uri(archiveUri, 'archive');
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

/** `s3://bucket/key`. */
function locate(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  return { bucket, key };
}
