import { compareTensors } from '../artifact/compare';
import type { GoldenSample, GoldenSamples } from '../artifact/golden';
import { elementCount, type Tensor } from '../artifact/tensor';
import { tensorFromJson } from '../artifact/tensor-json';
import { type Issue, issue, IssueError, throwIssues } from '../issue';
import { DEFAULT_TOLERANCE, type Tolerance } from '../pipeline/definition';
import { datatypeOf } from './datatypes';
import { elementsOf } from './predictions';

export interface SmokeTestResult {
  /** Golden samples that were answered within the tolerance: all of them. */
  readonly samples: number;
  /** Largest difference of any element. */
  readonly maxAbsoluteDifference: number;
}

const FIX = 'The endpoint does not serve the verified model as verified: keep traffic away from it.';

/**
 * Asks a live endpoint for every golden sample, one by one, as a client would: raw input where the
 * runtime takes it, tensors otherwise.
 *
 * @param invoke posts a JSON body to the endpoint's `/invocations` and returns the body of its answer
 * @throws IssueError with every sample that was answered differently
 */
export async function smokeTest(
  { samples }: GoldenSamples,
  runtime: 'onnx' | 'triton',
  tolerance: Tolerance,
  invoke: (body: string) => Promise<string>,
): Promise<SmokeTestResult> {
  const { absolute, relative } = { ...DEFAULT_TOLERANCE, ...tolerance };
  const issues: Issue[] = [];
  let maxAbsoluteDifference = 0;
  for (const sample of samples) {
    const answer = parse(await invoke(JSON.stringify(requestFor(sample, runtime))));
    for (const [name, expected] of Object.entries(sample.outputs)) {
      const path = `sample "${sample.id}", output "${name}"`;
      const actual = answeredTensor(answer, name, expected, path);
      const { passed, maxAbsolute, smallestAbsolute } = compareTensors(actual, expected, tolerance);
      maxAbsoluteDifference = Math.max(maxAbsoluteDifference, maxAbsolute);
      const message = `differs by ${maxAbsolute}; allowed: ${absolute} absolute + ${relative} relative (${smallestAbsolute} absolute would do)`;
      if (!passed) issues.push(issue('smoke-test-difference', path, message, FIX));
    }
  }
  throwIssues('smoke test', issues);
  return { samples: samples.length, maxAbsoluteDifference };
}

function requestFor({ input, tensors }: GoldenSample, runtime: 'onnx' | 'triton'): object {
  if (runtime === 'onnx' && input !== undefined) return { instances: [input] };
  return {
    inputs: Object.entries(tensors).map(([name, tensor]) => ({
      name,
      shape: tensor.shape,
      datatype: datatypeOf(tensor.dtype),
      data: elementsOf(tensor),
    })),
  };
}

/** One output in an endpoint's answer, with the dtype and shape of the expected one. */
function answeredTensor(answer: unknown, name: string, { dtype, shape }: Tensor, path: string): Tensor {
  const found = findData(answer, name);
  const data = [found].flat(Infinity).map((value) => (typeof value === 'boolean' ? Number(value) : value));
  if (found !== undefined && data.length === elementCount(shape))
    return tensorFromJson({ dtype, shape, data }, path);
  const message = `wanted ${elementCount(shape)} elements, got ${JSON.stringify(answer).slice(0, 200)}`;
  throw new IssueError('smoke test', [issue('smoke-test-answer', path, message, FIX)]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `answered no JSON: ${text.slice(0, 200)}`;
    throw new IssueError('smoke test', [issue('smoke-test-answer', 'endpoint', message, FIX)], {
      cause: error,
    });
  }
}

interface Answer {
  readonly predictions?: readonly Readonly<Record<string, unknown>>[];
  readonly outputs?: readonly { readonly name: string; readonly data: unknown }[];
}

function findData(answer: unknown, name: string): unknown {
  const { predictions, outputs } = (answer ?? {}) as Answer;
  return predictions?.[0]?.[name] ?? outputs?.find((output) => output.name === name)?.data;
}
