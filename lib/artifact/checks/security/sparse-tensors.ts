import type { SparseTensorProto } from '../../onnx/onnx_pb';
import { integersOf } from '../../onnx/small-values';
import { tensorsOf } from '../../onnx/tensors';
import type { Rule } from './rule';

/** A sparse tensor has one index per value, and every index lies in its shape. */
export const sparseTensors: Rule = ({ file, model }) => {
  const sparse = new Map(tensorsOf(model).flatMap(({ sparse, where }) => (sparse ? [[sparse, where]] : [])));
  return [...sparse].flatMap(([tensor, where]) => {
    const problem = problemOf(tensor);
    const fix = 'write the file again; a runtime would write beyond the tensor when it fills it';
    return problem ? [{ code: 'sparse-tensor', path: file, message: `${where} ${problem}`, fix }] : [];
  });
};

function problemOf({ dims, values, indices }: SparseTensorProto): string | undefined {
  if (!values || !indices) return `has no ${values ? 'indices' : 'values'}`;
  if (dims.some((size) => size < 0n)) return `has a negative size: [${dims.join(', ')}]`;
  const [count = 0n] = values.dims;
  const [rows, rank] = indices.dims;
  if (values.dims.length !== 1 || rows !== count || indices.dims.length > 2) {
    return `has values of shape [${values.dims.join(', ')}] and indices of [${indices.dims.join(', ')}]`;
  }
  if (rank !== undefined && rank !== BigInt(dims.length))
    return `has indices of rank ${rank} for ${dims.length} dimensions`;
  const limits = rank === undefined ? [dims.reduce((product, size) => product * size, 1n)] : dims;
  const at = integersOf(indices)?.findIndex((index, position) => {
    const limit = limits[position % limits.length] ?? 0n;
    return index < 0 || BigInt(index) >= limit;
  });
  return at === undefined || at < 0 ? undefined : `has an index outside of its shape [${dims.join(', ')}]`;
}
