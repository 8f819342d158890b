/** Element types a model's inputs and outputs may have. */
export const DTYPES = [
  'float16',
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'bool',
  'string',
] as const;
export type Dtype = (typeof DTYPES)[number];

/** A fixed size, or the name of a size that may vary (`"batch"`). */
export type Dimension = number | string;

export interface TensorSpec {
  readonly dtype: Dtype;
  readonly shape: readonly Dimension[];
}

/** The contract of the model: what it takes and what it gives. Verification holds the model to it. */
export interface ModelSignature {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}
