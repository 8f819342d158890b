import { elementTypeName } from '../../onnx/element-types';
import { elementCountOf, tensorBytes, tensorsOf } from '../../onnx/tensors';
import type { Rule } from './rule';

/** Sizes are counts, their product fits the arithmetic of every reader, and the element type exists. */
export const tensorSize: Rule = ({ file, model }) =>
  tensorsOf(model).flatMap(({ tensor, where }) => {
    const problem = sizeProblem(tensor.dims, Math.max(elementCountOf(tensor), tensorBytes(tensor)));
    const type = elementTypeName(tensor.dataType) === 'unknown';
    const fix = 'write the file again with a current exporter; it is damaged or forged';
    return [
      ...(problem ? [{ code: 'tensor-size', path: file, message: `${where} ${problem}`, fix }] : []),
      ...(type
        ? [
            {
              code: 'tensor-type',
              path: file,
              message: `${where} has the unknown element type ${tensor.dataType}`,
              fix,
            },
          ]
        : []),
    ];
  });

/** `most` is the product of the sizes, or the bytes, whichever is more. */
function sizeProblem(dims: readonly bigint[], most: number): string | undefined {
  const shape = `[${dims.slice(0, 8).join(', ')}]`;
  if (dims.some((size) => size < 0n)) return `has a negative size: ${shape}`;
  if (dims.length > 64) return `has ${dims.length} dimensions; allowed are 64`;
  return most > Number.MAX_SAFE_INTEGER ? `has the size ${shape}, which overflows` : undefined;
}
