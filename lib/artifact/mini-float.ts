/** Exponent and fraction of a float of at most 8 bits, and the bits that stand for no finite number. */
interface Layout {
  readonly bits: number;
  readonly fractionBits: number;
  readonly bias: number;
  readonly special: (bits: number) => number | undefined;
}

const NONE = () => undefined;

/** As the ONNX specification describes them. */
const LAYOUTS = {
  float8e4m3fn: {
    bits: 8,
    fractionBits: 3,
    bias: 7,
    special: (bits) => ((bits & 0x7f) === 0x7f ? NaN : undefined),
  },
  float8e4m3fnuz: {
    bits: 8,
    fractionBits: 3,
    bias: 8,
    special: (bits) => (bits === 0x80 ? NaN : undefined),
  },
  float8e5m2: { bits: 8, fractionBits: 2, bias: 15, special: ieeeSpecial },
  float8e5m2fnuz: {
    bits: 8,
    fractionBits: 2,
    bias: 16,
    special: (bits) => (bits === 0x80 ? NaN : undefined),
  },
  // No sign, no fraction, no zero: powers of two.
  float8e8m0: {
    bits: 8,
    fractionBits: 0,
    bias: 127,
    special: (bits) => (bits === 0xff ? NaN : 2 ** (bits - 127)),
  },
  float4e2m1: { bits: 4, fractionBits: 1, bias: 1, special: NONE },
} as const satisfies Record<string, Layout>;

/** Names of the floats of 8 and 4 bits. */
export type MiniFloat = keyof typeof LAYOUTS;
export const MINI_FLOATS = Object.keys(LAYOUTS) as MiniFloat[];

const TABLES = new Map<MiniFloat, Float64Array>();

export function isMiniFloat(type: string): type is MiniFloat {
  return Object.hasOwn(LAYOUTS, type);
}

/** The number each bit pattern stands for. */
export function miniFloatValues(type: MiniFloat): Float64Array {
  const known = TABLES.get(type);
  if (known) return known;
  const layout: Layout = LAYOUTS[type];
  const values = Float64Array.from({ length: 2 ** layout.bits }, (_, bits) => decode(layout, bits));
  TABLES.set(type, values);
  return values;
}

/** The bit pattern of each number, which is one the type has. */
export function miniFloatBits(type: MiniFloat, numbers: Float32Array): Uint8Array {
  const values = miniFloatValues(type);
  // From the last to the first: of two patterns for one number the lower one counts.
  const patterns = new Map(Array.from(values, (value, bits) => [keyOf(value), bits] as const).reverse());
  return Uint8Array.from(numbers, (value) => patterns.get(keyOf(value)) ?? 0);
}

/** A key of a map does not tell −0 from 0. */
function keyOf(value: number): number | string {
  return Object.is(value, -0) ? '-0' : value;
}

function decode({ bits: width, fractionBits, bias, special }: Layout, bits: number): number {
  const value = special(bits);
  if (value !== undefined) return value;
  const sign = bits >> (width - 1) ? -1 : 1;
  const exponent = (bits & (2 ** (width - 1) - 1)) >> fractionBits;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

function ieeeSpecial(bits: number): number | undefined {
  if ((bits & 0x7c) !== 0x7c) return undefined;
  if (bits & 3) return NaN;
  return bits & 0x80 ? -Infinity : Infinity;
}
