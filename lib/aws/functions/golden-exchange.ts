import type { GoldenSample } from '../../artifact/golden';
import { elementCount, type Tensor } from '../../artifact/tensor';
import { tensorFromJson, tensorToJson } from '../../artifact/tensor-json';
import { issue, IssueError } from '../../issue';
import { datatypeOf } from '../../serving/datatypes';

/** The body that asks a golden sample: the raw input where the server takes it, else its tensors. */
export function requestFor(sample: GoldenSample, runtime: 'onnx' | 'triton'): object {
  if (runtime === 'onnx' && sample.input !== undefined) return { instances: [sample.input] };
  return {
    inputs: Object.entries(sample.tensors).map(([name, tensor]) => ({
      name,
      shape: tensor.shape,
      datatype: datatypeOf(tensor.dtype),
      data: elementsOf(tensor),
    })),
  };
}

/**
 * One output in the answer to `requestFor`, with the dtype and shape of the expected one.
 *
 * @param path names the output in errors: `sample 3, output probability`
 * @throws IssueError when the answer does not hold it
 */
export function answeredTensor(
  answer: unknown,
  name: string,
  { dtype, shape }: Tensor,
  path: string,
): Tensor {
  const found = findData(answer, name);
  const data = [found].flat(Infinity).map((value) => (typeof value === 'boolean' ? Number(value) : value));
  if (found === undefined || data.length !== elementCount(shape)) {
    const message = `wanted ${elementCount(shape)} elements, got ${JSON.stringify(answer).slice(0, 200)}`;
    const fix = 'deploy the version whose signature the golden samples follow';
    throw new IssueError('endpoint', [issue('smoke-test-answer', path, message, fix)]);
  }
  return tensorFromJson({ dtype, shape, data }, path);
}

interface Answer {
  readonly predictions?: readonly Readonly<Record<string, unknown>>[];
  readonly outputs?: readonly { readonly name: string; readonly data: unknown }[];
}

function findData(answer: unknown, name: string): unknown {
  const { predictions, outputs } = (answer ?? {}) as Answer;
  return predictions?.[0]?.[name] ?? outputs?.find((output) => output.name === name)?.data;
}

function elementsOf(tensor: Tensor): readonly unknown[] {
  const { data } = tensorToJson(tensor);
  return tensor.dtype === 'bool' ? data.map(Boolean) : data;
}
