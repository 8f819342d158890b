import {
  countNotFinite,
  describeNotFinite,
  FLOAT_FORMATS,
  type FloatFormat,
  type NotFinite,
  type Words,
  wordsOf,
} from '../../not-finite';
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
    const format = FLOAT_FORMATS[elementTypeName(tensor.dataType)];
    const weight = role === 'initializer' || node?.opType === 'Constant';
    if (!format || !weight) return [];
    const found = scan(structure, tensor, format);
    if (found.nan + found.infinite === 0 || isMeant(structure, tensor, format, found)) return [];
    const message = `${where} holds ${describeNotFinite(found)} among ${elementCountOf(tensor)} elements`;
    const fix =
      'train again from the last checkpoint with finite weights; answers computed with these are worthless';
    return [{ code: 'weights-not-finite', path: structure.file, message, fix }];
  });

function scan(structure: ModelStructure, tensor: TensorProto, format: FloatFormat): NotFinite {
  const found: NotFinite = { nan: 0, infinite: 0, positive: 0 };
  for (const words of wordChunks(structure, tensor, format)) countNotFinite(words, format, found);
  return found;
}

/** Whether all finite elements are the same, as those of a mask are; of doubles the higher half counts. */
function isUniform(structure: ModelStructure, tensor: TensorProto, format: FloatFormat): boolean {
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

function* wordChunks(
  structure: ModelStructure,
  tensor: TensorProto,
  { word }: FloatFormat,
): Generator<Words> {
  for (const chunk of elementChunks(structure, tensor)) yield wordsOf(chunk, word);
}

function isMeant(
  structure: ModelStructure,
  tensor: TensorProto,
  format: FloatFormat,
  { nan, positive }: NotFinite,
): boolean {
  if (nan > 0) return false;
  return elementCountOf(tensor) === 1 || (positive === 0 && isUniform(structure, tensor, format));
}
