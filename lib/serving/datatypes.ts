import type { Dtype } from '../pipeline/definition';

/** Names of the element types in the Open Inference Protocol. */
const DATATYPES: Readonly<Record<Dtype, string>> = {
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  bool: 'BOOL',
  string: 'BYTES',
};

export function datatypeOf(dtype: Dtype): string {
  return DATATYPES[dtype];
}
