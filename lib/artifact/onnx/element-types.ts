/** Name and bits of an element type, by its number in ONNX (`TensorProto.DataType`). */
const ELEMENT_TYPES: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  8: ['string', 0],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['complex64', 64],
  15: ['complex128', 128],
  16: ['bfloat16', 16],
  17: ['float8e4m3fn', 8],
  18: ['float8e4m3fnuz', 8],
  19: ['float8e5m2', 8],
  20: ['float8e5m2fnuz', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['float4e2m1', 4],
  24: ['float8e8m0', 8],
  25: ['uint2', 2],
  26: ['int2', 2],
};

/** `"unknown"` for a number the specification does not have. */
export function elementTypeName(type: number): string {
  return ELEMENT_TYPES[type]?.[0] ?? 'unknown';
}

/** Bytes of `count` elements; 0 for strings and unknown types, whose size is not told. */
export function elementBytes(type: number, count: number): number {
  return Math.ceil(((ELEMENT_TYPES[type]?.[1] ?? 0) * count) / 8);
}

const NUMBERS = new Map(Object.entries(ELEMENT_TYPES).map(([number, [name]]) => [name, Number(number)]));

/** The number of an element type in ONNX; 0, which is that of none, for a name it does not have. */
export function elementTypeNumber(name: string): number {
  return NUMBERS.get(name) ?? 0;
}

/** Bits of one element; 0 for strings. */
export function elementBits(name: string): number {
  return ELEMENT_TYPES[elementTypeNumber(name)]?.[1] ?? 0;
}
