/** Entry of the child process: the only place that loads onnxruntime-node. */
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { DTYPES, type Dtype } from '../../pipeline/definition/model';
import type { Tensor, TensorData } from '../tensor';
import type { RuntimeReply, RuntimeRequest, RuntimeSpec } from './messages';

const ERRORS_ONLY = 3;

/** Ends this process when its parent is gone: a thread of its own, since a run blocks this one. */
const WATCHDOG = `const { workerData: parent } = require('node:worker_threads');
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;

let runtime: typeof import('onnxruntime-node') | undefined;
let session: InferenceSession | undefined;

new Worker(WATCHDOG, { eval: true, execArgv: [], workerData: process.ppid }).unref();
process.on('message', (request: RuntimeRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);

async function answer(request: RuntimeRequest): Promise<RuntimeReply> {
  try {
    runtime ??= await import('onnxruntime-node');
  } catch (error) {
    return { kind: 'failed', code: 'runtime-missing', message: messageOf(error) };
  }
  try {
    if (request.kind === 'run') return await run(runtime, request.feeds);
    if (request.kind === 'optimize') return await optimize(runtime, request.file, request.target);
    return await load(runtime, request.file, request.threads);
  } catch (error) {
    return {
      kind: 'failed',
      code: request.kind === 'run' ? 'model-run' : 'model-load',
      message: messageOf(error),
    };
  }
}

async function load(
  runtime: typeof import('onnxruntime-node'),
  file: string,
  threads?: number,
): Promise<RuntimeReply> {
  session = await runtime.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    logSeverityLevel: ERRORS_ONLY,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  });
  return { kind: 'loaded', inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata) };
}

async function run(
  runtime: typeof import('onnxruntime-node'),
  feeds: Readonly<Record<string, Tensor>>,
): Promise<RuntimeReply> {
  if (!session) throw new Error('no model is loaded');
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new runtime.Tensor(dtype, data as Float32Array, shape),
    ]),
  );
  const start = performance.now();
  const results = await session.run(inputs);
  const milliseconds = performance.now() - start;
  const outputs = Object.entries(results).map(([name, tensor]) => [name, toTensor(name, tensor)] as const);
  return { kind: 'answered', outputs: Object.fromEntries(outputs), milliseconds };
}

async function optimize(
  runtime: typeof import('onnxruntime-node'),
  file: string,
  target: string,
): Promise<RuntimeReply> {
  await runtime.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    logSeverityLevel: ERRORS_ONLY,
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: target,
  });
  return { kind: 'optimized' };
}

function specs(metadata: readonly InferenceSession.ValueMetadata[]): Record<string, RuntimeSpec> {
  return Object.fromEntries(
    metadata.map((value) => [
      value.name,
      value.isTensor ? { dtype: value.type, shape: value.shape } : { dtype: 'not a tensor', shape: [] },
    ]),
  );
}

function toTensor(name: string, { type, dims, data }: RuntimeTensor): Tensor {
  if (!isDtype(type))
    throw new Error(`output "${name}" has elements of type ${type}, allowed: ${DTYPES.join(', ')}`);
  // Newer Node versions have a Float16Array; the bits are what both sides agree on.
  const view = data as Uint16Array;
  const bits = type === 'float16' ? new Uint16Array(view.buffer, view.byteOffset, view.length) : data;
  return { dtype: type, shape: dims, data: bits as TensorData };
}

function isDtype(type: string): type is Dtype {
  return (DTYPES as readonly string[]).includes(type);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
