import { DTYPES, type Dtype } from '../pipeline/definition/model';
import { isMiniFloat, MINI_FLOATS, miniFloatValues } from './mini-float';

/** Element types that a tensor can hold besides those a deployed model may have. */
const WIDER_TYPES = ['uint16', 'uint32', 'uint64', 'bfloat16', 'int4', 'uint4', 'int2', 'uint2'] as const;

/** Every element type of ONNX but complex numbers. */
export const ELEMENT_TYPES = [...DTYPES, ...WIDER_TYPES, ...MINI_FLOATS] as const;
export type ElementType = (typeof ELEMENT_TYPES)[number];

/**
 * Elements in row-major order, one each. `bool` is a `Uint8Array` of 0 and 1. `float16` and `bfloat16`
 * are their bits as `Uint16Array`, floats of 8 and 4 bits theirs as `Uint8Array`. Integers of 4 and 2
 * bits are numbers in an `Int8Array` or `Uint8Array`, not packed.
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

export interface Tensor<Type extends ElementType = Dtype> {
  readonly dtype: Type;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** A tensor of any element type, where `Tensor` is one that a deployed model may take or give. */
export type AnyTensor = Tensor<ElementType>;

/** Whether a deployed model may take or give the element type. */
export function isDtype(type: unknown): type is Dtype {
  return (DTYPES as readonly unknown[]).includes(type);
}

export function isElementType(type: unknown): type is ElementType {
  return (ELEMENT_TYPES as readonly unknown[]).includes(type);
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
  uint16: Uint16Array,
  uint32: Uint32Array,
  bfloat16: Uint16Array,
  int4: Int8Array,
  uint4: Uint8Array,
  int2: Int8Array,
  uint2: Uint8Array,
} as const;

/** Data of `count` elements, all 0 (strings: empty). */
export function allocate(dtype: ElementType, count: number): TensorData {
  if (dtype === 'string') return new Array<string>(count).fill('');
  if (dtype === 'int64') return new BigInt64Array(count);
  if (dtype === 'uint64') return new BigUint64Array(count);
  if (isMiniFloat(dtype)) return new Uint8Array(count);
  return new NUMERIC_ARRAYS[dtype](count);
}

/**
 * The elements as numbers: floats decoded, 64-bit integers rounded beyond 2^53.
 * Strings have no numbers; callers keep them apart.
 */
export function toNumbers(tensor: AnyTensor): Float64Array {
  const { dtype, data } = tensor;
  if (dtype === 'float16') return Float64Array.from(data as Uint16Array, float16ToNumber);
  if (dtype === 'bfloat16') return Float64Array.from(bfloat16ToFloat32(data as Uint16Array));
  if (isMiniFloat(dtype)) {
    const values = miniFloatValues(dtype);
    return Float64Array.from(data as Uint8Array, (bits) => values[bits] ?? NaN);
  }
  if (dtype === 'int64' || dtype === 'uint64')
    return Float64Array.from(Array.from(data as BigInt64Array, Number));
  return Float64Array.from(data as Float32Array);
}

/** A bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}

/** Cuts off what a bfloat16 does not hold: exact for values that are one. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(words, (word) => word >>> 16);
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
