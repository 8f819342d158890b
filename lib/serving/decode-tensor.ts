import { tensorFromJson, type Tensor } from '../artifact';
import { issue, IssueError, throwIssues, type Issue } from '../issue';
import type { Dtype, TensorSpec } from '../pipeline/definition';
import { datatypeOf } from './datatypes';
import { quote } from './json';
import { flattenData, shapeProblem } from './shape';
import { dataFromBytes } from './tensor-bytes';

/**
 * Decodes one input and holds it to its specification.
 *
 * @param path names the input in errors: `inputs[0]`
 * @param bytes its elements, where they are not in its JSON
 * @param sizes sizes already bound to the names of dimensions
 * @throws IssueError with everything that is wrong
 */
export function decodeTensor(
  { shape, datatype, data }: Readonly<Record<string, unknown>>,
  path: string,
  { dtype, shape: expected }: TensorSpec,
  bytes: Buffer | undefined,
  sizes: Map<string, number>,
): Tensor {
  const issues: Issue[] = [];
  if (datatype !== datatypeOf(dtype)) {
    const message = `expected ${quote(datatypeOf(dtype))}, got ${quote(datatype)}`;
    issues.push(issue('input-datatype', `${path}.datatype`, message, 'send the datatype of the signature'));
  }
  const misfit = shapeProblem(shape, expected, sizes);
  if (misfit !== undefined) {
    issues.push(issue('input-shape', `${path}.shape`, misfit, `send the shape [${expected.join(', ')}]`));
  }
  throwIssues('input', issues);
  const fitting = shape as readonly number[];
  return bytes ? fromBytes(dtype, fitting, bytes, path) : fromJson(dtype, fitting, data, path);
}

function fromBytes(dtype: Dtype, shape: readonly number[], bytes: Buffer, path: string): Tensor {
  const data = dataFromBytes(dtype, shape, bytes);
  if (typeof data !== 'string') return { dtype, shape, data };
  const fix = 'send row-major, little-endian elements and their size as binary_data_size';
  throw new IssueError('input', [issue('input-bytes', path, data, fix)]);
}

function fromJson(dtype: Dtype, shape: readonly number[], data: unknown, path: string): Tensor {
  const problem = (where: string, message: string): IssueError => {
    const fix = `send ${datatypeOf(dtype)} values, flat or nested as the shape says`;
    return new IssueError('input', [issue('input-data', where, message, fix)]);
  };
  const flat = flattenData(data, shape);
  if (!flat) throw problem(`${path}.data`, `does not fill the shape [${shape.join(', ')}]`);
  const elements = dtype === 'bool' ? flat.map(bitOf) : flat;
  const odd = elements.findIndex((value) => !isElement(value, dtype));
  if (odd >= 0) throw problem(`${path}.data[${odd}]`, `got ${quote(flat[odd])}, not a value of ${dtype}`);
  try {
    return tensorFromJson({ dtype, shape, data: elements }, path);
  } catch (error) {
    const [first] = error instanceof IssueError ? error.issues : [];
    throw first ? problem(first.path, first.message) : error;
  }
}

function bitOf(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** A number, or a string: any where the tensor holds strings, else only what can be a number in quotes. */
function isElement(value: unknown, dtype: Dtype): boolean {
  if (typeof value === 'number') return true;
  return typeof value === 'string' && (dtype === 'string' || value.length < 32);
}
