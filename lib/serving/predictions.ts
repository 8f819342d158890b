import { elementCount, tensorToJson, type Tensor } from '../artifact';
import { toNumbers } from '../artifact/tensor';
import { nestData } from './shape';

type Outputs = Readonly<Record<string, Tensor>>;

/** One instance's outputs by name, after the `label` of its class where the model's classes have names. */
export type Prediction = Readonly<Record<string, unknown>>;

/**
 * Splits the outputs of a batch by instance. An output with one element an instance is that element,
 * any other is nested lists of the shape without its first dimension.
 *
 * `label` is the most probable class: that of the highest score where exactly one output has one score
 * a label; where it has one score for two labels, a probability, the second from 0.5 on.
 *
 * @throws Error when an output has no row for each instance
 */
export function predictionsOf(outputs: Outputs, batch: number, labels: readonly string[] = []): Prediction[] {
  const columns = Object.entries(outputs).map(
    ([name, tensor]) => [name, rowsOf(name, tensor, batch)] as const,
  );
  const labelAt = labeler(outputs, labels);
  return Array.from({ length: batch }, (_, row) => ({
    label: labelAt(row),
    ...Object.fromEntries(columns.map(([name, rows]) => [name, rows[row]])),
  }));
}

/** The elements as JSON carries them, flat and in row-major order. */
export function elementsOf(tensor: Tensor): readonly unknown[] {
  const { data } = tensorToJson(tensor);
  return tensor.dtype === 'bool' ? data.map(Boolean) : data;
}

function rowsOf(name: string, tensor: Tensor, batch: number): readonly unknown[] {
  const [rows, ...inner] = tensor.shape;
  if (rows !== batch) {
    throw new Error(`output "${name}" has the shape [${tensor.shape.join(', ')}] for ${batch} instances`);
  }
  const elements = elementsOf(tensor);
  const size = elementCount(inner);
  if (size === 1) return elements;
  return Array.from({ length: batch }, (_, row) =>
    nestData(elements.slice(row * size, (row + 1) * size), inner),
  );
}

function labeler(outputs: Outputs, labels: readonly string[]): (row: number) => string | undefined {
  const scored = Object.values(outputs).filter(({ dtype, shape }) => {
    const size = elementCount(shape.slice(1));
    return (
      dtype.startsWith('float') &&
      labels.length > 1 &&
      (size === labels.length || (size === 1 && labels.length === 2))
    );
  });
  const [tensor] = scored;
  if (!tensor || scored.length > 1) return () => undefined;
  const scores = toNumbers(tensor);
  const size = elementCount(tensor.shape.slice(1));
  return (row) => labels[mostProbable(scores.subarray(row * size, (row + 1) * size))];
}

/** Index of the most probable class, -1 where the scores do not tell. */
function mostProbable(scores: Float64Array): number {
  const [first = NaN] = scores;
  if (scores.length === 1) return first >= 0 && first <= 1 ? Number(first >= 0.5) : -1;
  return scores.indexOf(Math.max(...scores));
}
