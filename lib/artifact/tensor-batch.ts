import { IssueError } from '../issue';
import { allocate, elementCount, type Tensor, type TensorData } from './tensor';

/**
 * Joins tensors along their first dimension: `[1, 256]` and `[2, 256]` make `[3, 256]`.
 *
 * @throws IssueError when there is none, or dtype or the other dimensions differ
 */
export function concatBatch(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first) throw mismatch('there is no tensor to join');
  const inner = first.shape.slice(1);
  tensors.forEach((tensor, index) => {
    if (tensor.shape.length === 0) throw mismatch(`tensor ${index} is a scalar, which has no rows to join`);
    if (describe(tensor) !== describe(first)) {
      throw mismatch(`tensor ${index} is ${describe(tensor)}, tensor 0 is ${describe(first)}`);
    }
  });
  const batch = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = allocate(first.dtype, batch * elementCount(inner));
  let offset = 0;
  for (const tensor of tensors) {
    copyInto(data, tensor.data, offset);
    offset += tensor.data.length;
  }
  return { dtype: first.dtype, shape: [batch, ...inner], data };
}

/** Rows `start` to `end` (exclusive) of the first dimension. */
export function sliceBatch(tensor: Tensor, start: number, end: number): Tensor {
  const inner = tensor.shape.slice(1);
  const row = elementCount(inner);
  return {
    dtype: tensor.dtype,
    shape: [end - start, ...inner],
    data: tensor.data.slice(start * row, end * row),
  };
}

function copyInto(target: TensorData, source: TensorData, offset: number): void {
  if (Array.isArray(target)) (source as string[]).forEach((text, index) => (target[offset + index] = text));
  else (target as Float32Array).set(source as Float32Array, offset);
}

/** dtype and every dimension but the first. */
function describe({ dtype, shape }: Tensor): string {
  return `${dtype} [${['batch', ...shape.slice(1)].join(', ')}]`;
}

function mismatch(message: string): IssueError {
  return new IssueError('batch', [
    {
      code: 'batch-shape',
      path: 'batch',
      message,
      fix: 'join tensors of one dtype whose dimensions agree from the second on',
    },
  ]);
}
