import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadOptions, ModelProcess, Preprocessing } from '../artifact';
import { createApp } from './app';
import { mayBatch } from './batching';
import type { ModelContract } from './inference';
import { ModelRunner } from './model-runner';
import type { ServerOptions } from './options';
import { checkBytes, type ServedModel } from './served-model';

export interface ListenOptions {
  /** 0 picks a free port. @default 8080 */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
}

/** An HTTP server for one model. */
export interface InferenceServer {
  /**
   * Checks the model's bytes against its report, loads it, and opens the port.
   *
   * @returns the server's URL
   * @throws IssueError when the bytes are not the verified ones, or the model does not load
   */
  listen(options?: ListenOptions): Promise<string>;
  /** URL of the server; absent before `listen`. */
  readonly address: string | undefined;
  /** Stops accepting, lets requests finish for `drainMs`, and ends the model's process. */
  close(): Promise<void>;
}

/**
 * Makes a server for SageMaker's contract (`/ping`, `/invocations`) and the Open Inference Protocol.
 *
 * @param model a verified version of the store
 * @throws IssueError when its preprocessing cannot be read
 */
export function createServer(model: ServedModel, options: ServerOptions = {}): InferenceServer {
  const { maxBodyBytes = 25 * 2 ** 20, maxQueue = 100, timeoutMs = 60_000, drainMs = 25_000 } = options;
  const { maxBatch = 32, startTimeoutMs = 240_000, onEvent = () => undefined } = options;
  const { threads, executionProvider } = options;
  let address: string | undefined;
  let closing = false;

  const runner = new ModelRunner({
    start: () => startModel(model, { startTimeoutMs, runTimeoutMs: timeoutMs, threads, executionProvider }),
    maxQueue,
    maxBatch: mayBatch(model) ? maxBatch : 1,
    timeoutMs,
    onChange: ({ cause }) => {
      onEvent(cause === undefined ? { event: 'model-up' } : { event: 'model-down', cause });
    },
  });
  const app = createApp(contractOf(model), {
    healthPaths: pathsOf('/ping', options.healthPath),
    predictPaths: pathsOf('/invocations', options.predictPath),
    maxBodyBytes,
    timeoutMs,
    onEvent,
    isReady: () => runner.isReady() && !closing,
    isClosing: () => closing,
    run: (feeds) => runner.run(feeds),
  });

  async function listen({ port = 8080, host = '127.0.0.1' }: ListenOptions = {}): Promise<string> {
    try {
      await runner.open();
      address = await app.listen({ port, host });
      return address;
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    closing = true;
    const deadline = setTimeout(() => {
      app.server.closeAllConnections();
    }, drainMs);
    await app.close();
    clearTimeout(deadline);
    await runner.close();
  }

  return {
    listen,
    close,
    get address() {
      return address;
    },
  };
}

async function startModel(
  model: ServedModel,
  options: Pick<LoadOptions, 'executionProvider' | 'runTimeoutMs' | 'startTimeoutMs' | 'threads'>,
): Promise<ModelProcess> {
  await checkBytes(model);
  return ModelProcess.start(join(model.directory, model.report.model.file), options);
}

function contractOf({ directory, pipeline, version, signature }: ServedModel): ModelContract {
  const preprocessing = join(directory, 'preprocessing');
  return {
    name: pipeline,
    version,
    signature,
    ...(existsSync(preprocessing) && { preprocessing: Preprocessing.load(preprocessing) }),
  };
}

function pathsOf(standard: string, extra: string | undefined): string[] {
  return extra === undefined || extra === standard ? [standard] : [standard, extra];
}
