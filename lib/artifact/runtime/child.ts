/** Entry of the child process: the only place that loads onnxruntime-node. */
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { performance } from 'node:perf_hooks';
import { DTYPES } from '../../pipeline/definition/model';
import { isDtype, isElementType, type AnyTensor, type ElementType } from '../tensor';
import { adaptModel, UncarriedError, type AdaptedModel } from './adapt-model';
import { carrierOf, fromCarrier, toCarrier } from './carriers';
import type { FailureReply, RuntimeReply, RuntimeRequest, RuntimeSpec } from './messages';
import { peakMemoryBytes } from './peak-memory';
import { startWatchdog } from './watchdog';

type Runtime = typeof import('onnxruntime-node');

interface Loaded {
  readonly session: InferenceSession;
  /** Whether every element type may pass; else those of deployed models. */
  readonly anyType: boolean;
  readonly adapted?: AdaptedModel;
}

const ERRORS_ONLY = 3;

/** What the allocators of the runtime and of C++ say when there is no memory. */
const NO_MEMORY = /bad_alloc|bad allocation|Failed to allocate memory|Array buffer allocation failed/;

const setBusy = startWatchdog(Number(process.argv[2]));

let runtime: Runtime | undefined;
let loaded: Loaded | undefined;

process.on('message', (request: RuntimeRequest) => {
  setBusy(true);
  void answer(request).then((reply) => {
    setBusy(false);
    process.send?.(reply);
  });
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
    if (request.kind === 'unload') return await unload();
    if (request.kind === 'optimize') return await optimize(runtime, request.file, request.target);
    return await load(runtime, request);
  } catch (error) {
    return { kind: 'failed', code: codeOf(error, request), message: messageOf(error) };
  }
}

function codeOf(error: unknown, { kind }: RuntimeRequest): FailureReply['code'] {
  if (error instanceof UncarriedError) return 'element-type';
  if (NO_MEMORY.test(messageOf(error))) return 'model-memory';
  if (messageOf(error).includes('AppendExecutionProvider')) return 'provider-missing';
  return kind === 'run' ? 'model-run' : 'model-load';
}

async function load(
  runtime: Runtime,
  {
    file,
    threads,
    adaptTypes = false,
    executionProvider = 'cpu',
  }: RuntimeRequest & { readonly kind: 'load' },
): Promise<RuntimeReply> {
  const options = {
    executionProviders: [executionProvider],
    logSeverityLevel: ERRORS_ONLY,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  } as const;
  const adapted = adaptTypes ? adaptModel(file) : undefined;
  const { InferenceSession } = runtime;
  const session = await (adapted
    ? InferenceSession.create(adapted.bytes, { ...options, externalData: adapted.externalData })
    : InferenceSession.create(file, options));
  loaded = { session, anyType: adaptTypes, adapted };
  return {
    kind: 'loaded',
    inputs: specs(session.inputMetadata, adapted?.inputs),
    outputs: specs(session.outputMetadata, adapted?.outputs),
    peakMemoryBytes: peakMemoryBytes(),
  };
}

async function run(runtime: Runtime, feeds: Readonly<Record<string, AnyTensor>>): Promise<RuntimeReply> {
  if (!loaded) throw new Error('no model is loaded');
  const { session, adapted } = loaded;
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const { type, data } = toCarrier(tensor);
      const carried = adapted?.inputs.get(name)?.name ?? name;
      return [carried, new runtime.Tensor(type, data, tensor.shape)];
    }),
  );
  const start = performance.now();
  const results = await session.run(inputs);
  const milliseconds = performance.now() - start;
  return {
    kind: 'answered',
    outputs: outputTensors(results, loaded),
    milliseconds,
    peakMemoryBytes: peakMemoryBytes(),
  };
}

async function unload(): Promise<RuntimeReply> {
  await loaded?.session.release();
  loaded = undefined;
  return { kind: 'unloaded', memoryBytes: process.memoryUsage.rss() };
}

async function optimize(runtime: Runtime, file: string, target: string): Promise<RuntimeReply> {
  await runtime.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    logSeverityLevel: ERRORS_ONLY,
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: target,
  });
  return { kind: 'optimized' };
}

function specs(
  metadata: readonly InferenceSession.ValueMetadata[],
  adapted?: AdaptedModel['inputs'],
): Record<string, RuntimeSpec> {
  const originals = originalNames(adapted);
  return Object.fromEntries(
    metadata.map((value): [string, RuntimeSpec] => {
      const original = originals.get(value.name);
      if (!value.isTensor) return [value.name, { dtype: 'not a tensor', shape: [] }];
      return [original?.name ?? value.name, { dtype: original?.dtype ?? value.type, shape: value.shape }];
    }),
  );
}

function outputTensors(
  results: InferenceSession.OnnxValueMapType,
  { anyType, adapted }: Loaded,
): Record<string, AnyTensor> {
  const originals = originalNames(adapted?.outputs);
  return Object.fromEntries(
    Object.entries(results).map(([resultName, result]) => {
      const { name = resultName, dtype = result.type } = originals.get(resultName) ?? {};
      if (!(anyType ? isElementType(dtype) : isDtype(dtype))) {
        throw new Error(`output "${name}" has elements of type ${dtype}, allowed: ${DTYPES.join(', ')}`);
      }
      return [name, toTensor(dtype, result)];
    }),
  );
}

function toTensor(dtype: ElementType, { dims, data }: RuntimeTensor): AnyTensor {
  if (carrierOf(dtype)) return { dtype, shape: dims, data: fromCarrier(dtype, data) };
  // Newer Node versions have a Float16Array; the bits are what both sides agree on.
  const view = data as Uint16Array;
  const bits = dtype === 'float16' ? new Uint16Array(view.buffer, view.byteOffset, view.length) : data;
  return { dtype, shape: dims, data: bits };
}

/** Name and type in the model, by the name in the adapted graph. */
function originalNames(adapted: AdaptedModel['inputs'] = new Map()) {
  return new Map(Array.from(adapted, ([name, value]) => [value.name, { name, dtype: value.dtype }] as const));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
