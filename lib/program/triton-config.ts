import type { Dimension, ModelSignature, TensorSpec } from '../pipeline/definition';
import { DATA_TYPES, isBatched, quote } from './triton-types';

/** Rows of one batch, from a client or put together by the server. */
const MAX_BATCH_SIZE = 64;

export interface TritonConfigOptions {
  /** Name of the model in Triton. */
  readonly name: string;
  readonly signature: ModelSignature;
  /** Whether a sample's answer is proven not to depend on its neighbours in a batch. */
  readonly batchInvariant: boolean;
  /** Blocks that warm the model up: `TritonWarmup.config`. @default - it starts cold */
  readonly warmup?: readonly string[];
}

/**
 * `config.pbtxt` of a model in NVIDIA Triton. Where the first size of every tensor varies, Triton owns
 * it: batches of up to 64 rows, put together from several requests if that does not change answers.
 */
export function tritonConfig({ name, signature, batchInvariant, warmup = [] }: TritonConfigOptions): string {
  const batched = isBatched(signature);
  return [
    `name: ${quote(name)}`,
    'platform: "onnxruntime_onnx"',
    `max_batch_size: ${batched ? MAX_BATCH_SIZE : 0}`,
    ...Object.entries(signature.inputs).map(([input, spec]) => tensor('input', input, spec, batched)),
    ...Object.entries(signature.outputs).map(([output, spec]) => tensor('output', output, spec, batched)),
    ...(batched && batchInvariant ? ['dynamic_batching { }'] : []),
    ...warmup,
    '',
  ].join('\n');
}

function tensor(
  side: 'input' | 'output',
  name: string,
  { dtype, shape }: TensorSpec,
  batched: boolean,
): string {
  const dims = (batched ? shape.slice(1) : shape).map(size);
  // Triton wants at least one dimension; a scalar is one element that the model takes without any.
  const form = dims.length > 0 ? `dims: [ ${dims.join(', ')} ]` : 'dims: [ 1 ] reshape { shape: [ ] }';
  return `${side} [ { name: ${quote(name)} data_type: ${DATA_TYPES[dtype]} ${form} } ]`;
}

function size(dimension: Dimension): number {
  return typeof dimension === 'number' ? dimension : -1;
}
