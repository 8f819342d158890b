/** How a floating-point format writes what is not finite, in the highest word of an element. */
export interface FloatFormat {
  /** Bytes of an element's words, and words from one highest word to the next. */
  readonly word: 1 | 2 | 4;
  readonly stride: 1 | 2;
  /** Bits of the exponent; all set means not finite. */
  readonly exponent: number;
  /** Bits of the fraction; none set means infinite. 0 where the format has no infinity. */
  readonly fraction: number;
}

const FLOAT32: FloatFormat = { word: 4, stride: 1, exponent: 0x7f800000, fraction: 0x007fffff };
const FLOAT64: FloatFormat = { word: 4, stride: 2, exponent: 0x7ff00000, fraction: 0x000fffff };

/** The formats that have a NaN by exponent; of `fnuz` types a single byte is NaN. */
export const FLOAT_FORMATS: Readonly<Record<string, FloatFormat>> = {
  float32: FLOAT32,
  complex64: FLOAT32,
  float64: FLOAT64,
  complex128: FLOAT64,
  float16: { word: 2, stride: 1, exponent: 0x7c00, fraction: 0x03ff },
  bfloat16: { word: 2, stride: 1, exponent: 0x7f80, fraction: 0x007f },
  float8e5m2: { word: 1, stride: 1, exponent: 0x7c, fraction: 0x03 },
  float8e4m3fn: { word: 1, stride: 1, exponent: 0x7f, fraction: 0 },
};

export interface NotFinite {
  nan: number;
  infinite: number;
  /** Of the infinite ones. */
  positive: number;
}

/** Words of a tensor's elements, little-endian, from the first one of an element on. */
export type Words = Uint8Array | Uint16Array | Uint32Array;

/** Counts what is not finite. A function that is called for each piece is compiled early. */
export function countNotFinite(
  words: Words,
  { stride, exponent, fraction }: FloatFormat,
  found: NotFinite,
): void {
  const sign = exponent + (exponent & -exponent);
  for (let index = stride - 1; index < words.length; index += stride) {
    const word = words[index] ?? 0;
    if ((word & exponent) !== exponent) continue;
    // The lower half of a double may hold the only bits of a NaN.
    const rest = (word & fraction) | (stride === 2 ? (words[index - 1] ?? 0) : 0);
    if (fraction === 0 || rest !== 0) found.nan++;
    else {
      found.infinite++;
      if ((word & sign) === 0) found.positive++;
    }
  }
}

/** What was counted, for people: `3 NaN and 1 infinity`; empty where all is finite. */
export function describeNotFinite({ nan, infinite }: NotFinite): string {
  const infinities = infinite === 1 ? '1 infinity' : `${infinite} infinities`;
  return [...(nan > 0 ? [`${nan} NaN`] : []), ...(infinite > 0 ? [infinities] : [])].join(' and ');
}

export function wordsOf(chunk: Buffer, word: FloatFormat['word']): Words {
  if (word === 1) return chunk;
  const length = Math.floor(chunk.length / word);
  const aligned = chunk.byteOffset % word === 0 ? chunk : Buffer.from(new Uint8Array(chunk).buffer);
  return word === 2
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
    : new Uint32Array(aligned.buffer, aligned.byteOffset, length);
}
