import type { Dimension, Dtype, ModelSignature, TensorSpec } from '../pipeline/definition';

const DATA_TYPES: Readonly<Record<Dtype, string>> = {
  float16: 'TYPE_FP16',
  float32: 'TYPE_FP32',
  float64: 'TYPE_FP64',
  int8: 'TYPE_INT8',
  int16: 'TYPE_INT16',
  int32: 'TYPE_INT32',
  int64: 'TYPE_INT64',
  uint8: 'TYPE_UINT8',
  bool: 'TYPE_BOOL',
  string: 'TYPE_STRING',
};

/** Rows of one batch, from a client or put together by the server. */
const MAX_BATCH_SIZE = 64;

export interface TritonConfigOptions {
  /** Name of the model in Triton. */
  readonly name: string;
  readonly signature: ModelSignature;
  /** Whether a sample's answer is proven not to depend on its neighbours in a batch. */
  readonly batchInvariant: boolean;
}

/**
 * `config.pbtxt` of a model in NVIDIA Triton. Where the first size of every tensor varies, Triton owns
 * it: batches of up to 64 rows, put together from several requests if that does not change answers.
 */
export function tritonConfig({ name, signature, batchInvariant }: TritonConfigOptions): string {
  const specs = [...Object.values(signature.inputs), ...Object.values(signature.outputs)];
  const batched = specs.every(({ shape }) => typeof shape[0] === 'string');
  return [
    `name: ${quote(name)}`,
    'platform: "onnxruntime_onnx"',
    `max_batch_size: ${batched ? MAX_BATCH_SIZE : 0}`,
    ...Object.entries(signature.inputs).map(([input, spec]) => tensor('input', input, spec, batched)),
    ...Object.entries(signature.outputs).map(([output, spec]) => tensor('output', output, spec, batched)),
    ...(batched && batchInvariant ? ['dynamic_batching { }'] : []),
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

function quote(text: string): string {
  return JSON.stringify(text);
}
