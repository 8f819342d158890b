import type { Dtype, ModelSignature } from '../pipeline/definition';

export const DATA_TYPES: Readonly<Record<Dtype, string>> = {
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

/** Whether the first size of every tensor varies: Triton then owns it, and leaves it out of shapes. */
export function isBatched({ inputs, outputs }: ModelSignature): boolean {
  const specs = [...Object.values(inputs), ...Object.values(outputs)];
  return specs.every(({ shape }) => typeof shape[0] === 'string');
}

/** Text of a `.pbtxt` file. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
