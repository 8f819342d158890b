import { Command, InvalidArgumentError, Option } from 'commander';
import {
  createServer,
  curlExample,
  fetchModel,
  findModel,
  type InferenceServer,
  type ServerEvent,
} from '../serving';
import { readPem } from './read-pem';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly log: 'plain' | 'json';
  readonly name?: string;
  readonly expect?: string;
  readonly publicKey?: string;
  readonly maxBodyMib: number;
  readonly maxQueue: number;
  readonly maxBatch: number;
  readonly timeoutSeconds: number;
  readonly drainSeconds: number;
  readonly threads?: number;
  readonly capture?: string;
  readonly capturePercent: number;
  readonly captureBatchSeconds?: number;
  readonly executionProvider: 'cpu' | 'cuda';
  readonly healthPath?: string;
  readonly predictPath?: string;
}

type LogEntry =
  | ServerEvent
  | {
      readonly event: 'ready';
      readonly model: string;
      readonly version: string;
      readonly address: string;
      readonly example: string;
    }
  | { readonly event: 'stopping'; readonly signal: string };

export function serveCommand(): Command {
  return new Command('serve')
    .description('Serve a verified version over HTTP, as a SageMaker endpoint would.')
    .argument(
      '[directory]',
      'store (its live version), version, or unpacked model.tar.gz ' +
        '(default: what AIP_STORAGE_URI or MODEL_PIPELINE_DIRECTORY names, or here)',
    )
    .addOption(count('--port <port>', 'port, 0 for a free one', 8080, 0).env('AIP_HTTP_PORT'))
    .addOption(option('--host <host>', 'address to listen on').default('127.0.0.1'))
    .addOption(option('--log <format>', 'format of the log').choices(['plain', 'json']).default('plain'))
    .addOption(option('--name <name>', "name of the model in responses (default: the pipeline's)"))
    .addOption(option('--expect <version>', 'refuse to serve any other version'))
    .addOption(option('--public-key <pem>', 'refuse to serve what the holder of this key did not sign'))
    .addOption(count('--max-body-mib <size>', 'largest body, in MiB', 25))
    .addOption(count('--max-queue <requests>', 'requests that may wait for the model', 100))
    .addOption(count('--max-batch <instances>', 'instances of waiting requests to run together', 32))
    .addOption(count('--timeout-seconds <seconds>', 'time a request may take', 60))
    .addOption(count('--drain-seconds <seconds>', 'time requests have to finish at the end', 25, 0))
    .addOption(count('--threads <threads>', 'threads of the model (default: one per physical core)'))
    .addOption(
      option('--execution-provider <name>', 'what runs the model').choices(['cpu', 'cuda']).default('cpu'),
    )
    .addOption(option('--capture <directory>', 'record requests and responses below this directory'))
    .addOption(percent('--capture-percent <percent>', 'share of the requests to record', 100))
    .addOption(
      count(
        '--capture-batch-seconds <seconds>',
        'collect for so long, and append to no file: for object stores',
      ),
    )
    .addOption(path('--health-path <path>', 'answers as /ping does').env('AIP_HEALTH_ROUTE'))
    .addOption(path('--predict-path <path>', 'answers as /invocations does').env('AIP_PREDICT_ROUTE'))
    .action(serve);
}

async function serve(directory: string | undefined, options: Options): Promise<void> {
  const log = logger(options.log);
  const model = findModel(directory ?? (await ownDirectory()), {
    name: options.name,
    version: options.expect,
    publicKey: options.publicKey === undefined ? undefined : readPem(options.publicKey),
  });
  const server = createServer(model, {
    maxBodyBytes: options.maxBodyMib * 2 ** 20,
    maxQueue: options.maxQueue,
    maxBatch: options.maxBatch,
    timeoutMs: options.timeoutSeconds * 1000,
    drainMs: options.drainSeconds * 1000,
    threads: options.threads,
    executionProvider: options.executionProvider,
    healthPath: options.healthPath,
    predictPath: options.predictPath,
    capture:
      options.capture === undefined
        ? undefined
        : {
            directory: options.capture,
            samplePercent: options.capturePercent,
            batchSeconds: options.captureBatchSeconds,
          },
    onEvent: log,
  });
  const stopped = closeOnSignal(server, log);
  try {
    const address = await server.listen({ port: options.port, host: options.host });
    const { pipeline, version } = model;
    log({ event: 'ready', model: pipeline, version, address, example: curlExample(model, address) });
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}

/** On Vertex AI a copy of the directory in Cloud Storage that it names. */
async function ownDirectory(): Promise<string> {
  const { AIP_STORAGE_URI, GCE_METADATA_HOST, MODEL_PIPELINE_DIRECTORY, STORAGE_EMULATOR_HOST } = process.env;
  return AIP_STORAGE_URI
    ? fetchModel(AIP_STORAGE_URI, { storageHost: STORAGE_EMULATOR_HOST, metadataHost: GCE_METADATA_HOST })
    : (MODEL_PIPELINE_DIRECTORY ?? '.');
}

/** Ends with exit code 0 once requests are answered; a second signal ends at once. */
function closeOnSignal(server: InferenceServer, log: (entry: LogEntry) => void): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort();
      log({ event: 'stopping', signal });
      void server.close();
    });
  }
  return stop.signal;
}

function logger(format: Options['log']): (entry: LogEntry) => void {
  return (entry) => {
    const line =
      format === 'json' ? JSON.stringify({ time: new Date().toISOString(), ...entry }) : plainLine(entry);
    process.stdout.write(`${line}\n`);
  };
}

function plainLine(entry: LogEntry): string {
  switch (entry.event) {
    case 'ready':
      return `${entry.model} ${entry.version} is ready at ${entry.address}; try: ${entry.example}`;
    case 'stopping':
      return `${entry.signal}: finishing requests, then stopping`;
    case 'model-up':
      return 'model is up again';
    case 'model-down':
      return `model is down: ${entry.cause}`;
    case 'capture-failed':
      return `a request was not recorded: ${entry.cause}`;
    case 'request': {
      const { id, method, path: where, status, ms, batch, cause } = entry;
      const notes = [
        batch === undefined ? '' : ` batch ${batch}`,
        ` ${id}`,
        cause === undefined ? '' : `: ${cause}`,
      ];
      return `${method} ${where} ${status} ${ms} ms${notes.join('')}`;
    }
  }
}

/** An option that `MODEL_PIPELINE_<NAME>` sets too: a container on SageMaker is given variables only. */
function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(`MODEL_PIPELINE_${made.name().replaceAll('-', '_').toUpperCase()}`);
}

function count(flags: string, description: string, fallback?: number, min = 1): Option {
  return option(flags, description)
    .default(fallback)
    .argParser((value) => {
      if (/^\d{1,9}$/.test(value) && Number(value) >= min) return Number(value);
      throw new InvalidArgumentError(`Expected an integer from ${min}, got "${value}".`);
    });
}

function percent(flags: string, description: string, fallback: number): Option {
  return option(flags, description)
    .default(fallback)
    .argParser((value) => {
      const share = /^\d{1,3}(\.\d{1,9})?$/.test(value) ? Number(value) : 0;
      if (share > 0 && share <= 100) return share;
      throw new InvalidArgumentError(`Expected a number above 0, at most 100, got "${value}".`);
    });
}

function path(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value) => {
    if (/^\/[\w/.:~-]*$/.test(value)) return value;
    throw new InvalidArgumentError(`Expected a path such as /predict, got "${value}".`);
  });
}
