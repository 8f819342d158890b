import type { Dtype } from '../pipeline/definition';

/** Elements in row-major order. `bool` is a `Uint8Array` of 0 and 1, `float16` the bits as `Uint16Array`. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | string[];

export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Number of elements of a shape; 1 for the empty shape of a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

const NUMERIC_ARRAYS = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Data of `count` elements, all 0 (strings: empty). */
export function allocate(dtype: Dtype, count: number): TensorData {
  if (dtype === 'string') return new Array<string>(count).fill('');
  if (dtype === 'int64') return new BigInt64Array(count);
  return new NUMERIC_ARRAYS[dtype](count);
}

/**
 * The elements as numbers: `float16` decoded, `int64` rounded beyond 2^53.
 * Strings have no numbers; callers keep them apart.
 */
export function toNumbers(tensor: Tensor): Float64Array {
  const { dtype, data } = tensor;
  if (dtype === 'float16') return Float64Array.from(data as Uint16Array, float16ToNumber);
  if (dtype === 'int64') return Float64Array.from(Array.from(data as BigInt64Array, Number));
  return Float64Array.from(data as Float32Array);
}

/** IEEE 754 binary16 to a number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The binary16 nearest to a number, ties to even. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // A fraction that rounds up to 1024 carries into the exponent, as the format wants it.
  return sign | (((exponent + 15) << 10) + roundHalfEven((magnitude / 2 ** exponent - 1) * 1024));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
