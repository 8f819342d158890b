import { elementTypeName } from '../../onnx/element-types';
import type { ModelStructure } from '../../onnx/model-structure';
import type { TensorProto } from '../../onnx/onnx_pb';
import { elementChunks } from '../../onnx/tensor-bytes';
import { elementCountOf, tensorsOf } from '../../onnx/tensors';
import type { Rule } from './rule';

/**
 * No weight is NaN or infinite. A single infinity is a limit (of a Clip, a padding) and −infinity beside
 * one other value is an attention mask: these are meant. Attributes of other nodes than Constant give
 * NaN a meaning of their own.
 */
export const finiteWeights: Rule = (structure) =>
  tensorsOf(structure.model).flatMap(({ tensor, where, role, node }) => {
    const format = FORMATS[elementTypeName(tensor.dataType)];
    const weight = role === 'initializer' || node?.opType === 'Constant';
    if (!format || !weight) return [];
    const found = scan(structure, tensor, format);
    if (found.nan + found.infinite === 0 || isMeant(structure, tensor, format, found)) return [];
    const parts = [
      ...(found.nan > 0 ? [`${found.nan} NaN`] : []),
      ...(found.infinite > 0 ? [`${found.infinite} infinities`] : []),
    ];
    const message = `${where} holds ${parts.join(' and ')} among ${elementCountOf(tensor)} elements`;
    const fix =
      'train again from the last checkpoint with finite weights; answers computed with these are worthless';
    return [{ code: 'weights-not-finite', path: structure.file, message, fix }];
  });

/** How a floating-point format writes what is not finite, in the highest word of an element. */
interface Format {
  /** Bytes of an element's words, and words from one highest word to the next. */
  readonly word: 1 | 2 | 4;
  readonly stride: 1 | 2;
  /** Bits of the exponent; all set means not finite. */
  readonly exponent: number;
  /** Bits of the fraction; none set means infinite. 0 where the format has no infinity. */
  readonly fraction: number;
}

const FLOAT32: Format = { word: 4, stride: 1, exponent: 0x7f800000, fraction: 0x007fffff };
const FLOAT64: Format = { word: 4, stride: 2, exponent: 0x7ff00000, fraction: 0x000fffff };

/** The formats that have a NaN by exponent; of `fnuz` and `e8m0` types a single byte is NaN. */
const FORMATS: Readonly<Record<string, Format>> = {
  float32: FLOAT32,
  complex64: FLOAT32,
  float64: FLOAT64,
  complex128: FLOAT64,
  float16: { word: 2, stride: 1, exponent: 0x7c00, fraction: 0x03ff },
  bfloat16: { word: 2, stride: 1, exponent: 0x7f80, fraction: 0x007f },
  float8e5m2: { word: 1, stride: 1, exponent: 0x7c, fraction: 0x03 },
  float8e4m3fn: { word: 1, stride: 1, exponent: 0x7f, fraction: 0 },
};

interface Found {
  nan: number;
  infinite: number;
  positive: number;
}

function scan(structure: ModelStructure, tensor: TensorProto, format: Format): Found {
  const found: Found = { nan: 0, infinite: 0, positive: 0 };
  for (const words of wordChunks(structure, tensor, format)) scanWords(words, format, found);
  return found;
}

/** A function of its own, called for each piece: so it is compiled early. */
function scanWords(words: Words, { stride, exponent, fraction }: Format, found: Found): void {
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

/** Whether all finite elements are the same, as those of a mask are; of doubles the higher half counts. */
function isUniform(structure: ModelStructure, tensor: TensorProto, format: Format): boolean {
  const { stride, exponent } = format;
  let first: number | undefined;
  for (const words of wordChunks(structure, tensor, format)) {
    for (let index = stride - 1; index < words.length; index += stride) {
      const word = words[index] ?? 0;
      if ((word & exponent) === exponent) continue;
      first ??= word;
      if (word !== first) return false;
    }
  }
  return true;
}

function* wordChunks(structure: ModelStructure, tensor: TensorProto, { word }: Format): Generator<Words> {
  for (const chunk of elementChunks(structure, tensor)) yield wordsOf(chunk, word);
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function wordsOf(chunk: Buffer, word: Format['word']): Words {
  if (word === 1) return chunk;
  const length = Math.floor(chunk.length / word);
  const aligned = chunk.byteOffset % word === 0 ? chunk : Buffer.from(new Uint8Array(chunk).buffer);
  return word === 2
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
    : new Uint32Array(aligned.buffer, aligned.byteOffset, length);
}

function isMeant(
  structure: ModelStructure,
  tensor: TensorProto,
  format: Format,
  { nan, positive }: Found,
): boolean {
  if (nan > 0) return false;
  return elementCountOf(tensor) === 1 || (positive === 0 && isUniform(structure, tensor, format));
}
