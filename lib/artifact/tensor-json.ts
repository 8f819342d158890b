import { IssueError } from '../issue';
import { DTYPES, type Dtype } from '../pipeline/definition/model';
import {
  allocate,
  elementCount,
  float16ToNumber,
  isDtype,
  numberToFloat16,
  type Tensor,
  type TensorData,
} from './tensor';

/** A tensor as the golden samples write it. */
export interface JsonTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Flat, row-major. `"NaN"`, `"Infinity"`, `"-Infinity"` and integers beyond 2^53 are strings. */
  readonly data: readonly (number | string)[];
}

const INTEGER_RANGES: Partial<Record<Dtype, readonly [number, number]>> = {
  bool: [0, 1],
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  int32: [-0x80000000, 0x7fffffff],
};

/**
 * Reads `{dtype, shape, data}`.
 *
 * @param path names the tensor in errors: `samples[0].tensors.tokens`
 * @throws IssueError that names the first thing wrong
 */
export function tensorFromJson(json: unknown, path: string): Tensor {
  if (typeof json !== 'object' || json === null) throw invalid(path, 'a tensor is {dtype, shape, data}');
  const { dtype, shape, data } = json as Record<string, unknown>;
  if (!isDtype(dtype))
    throw invalid(`${path}.dtype`, `got ${JSON.stringify(dtype)}, allowed: ${DTYPES.join(', ')}`);
  if (!isShape(shape)) {
    throw invalid(`${path}.shape`, `got ${JSON.stringify(shape)}, wanted a list of sizes, 0 or more`);
  }
  if (!Array.isArray(data)) throw invalid(`${path}.data`, 'wanted a flat list of elements');
  const count = elementCount(shape);
  if (data.length !== count) {
    throw invalid(
      `${path}.data`,
      `has ${data.length} elements, the shape [${shape.join(', ')}] has ${count}`,
    );
  }
  return { dtype, shape, data: parseElements(dtype, data, path) };
}

/** Writes `{dtype, shape, data}`; the result survives JSON without loss, but for the sign of −0. */
export function tensorToJson({ dtype, shape, data }: Tensor): JsonTensor {
  if (dtype === 'string') return { dtype, shape, data: data as string[] };
  if (dtype === 'int64') return { dtype, shape, data: Array.from(data as BigInt64Array, integerToJson) };
  const numbers =
    dtype === 'float16' ? Array.from(data as Uint16Array, float16ToNumber) : Array.from(data as Float32Array);
  return { dtype, shape, data: numbers.map((value) => (Number.isFinite(value) ? value : String(value))) };
}

function parseElements(dtype: Dtype, elements: readonly unknown[], path: string): TensorData {
  const parsed = allocate(dtype, elements.length);
  elements.forEach((element, index) => {
    const value = parseElement(dtype, element);
    if (value === undefined) {
      throw invalid(`${path}.data[${index}]`, `got ${JSON.stringify(element)}, not a value of ${dtype}`);
    }
    parsed[index] = value;
  });
  return parsed;
}

function parseElement(dtype: Dtype, element: unknown): number | bigint | string | undefined {
  if (dtype === 'string') return typeof element === 'string' ? element : undefined;
  if (dtype === 'int64') return parseInt64(element);
  const range = INTEGER_RANGES[dtype];
  if (range) {
    const valid =
      Number.isInteger(element) && (element as number) >= range[0] && (element as number) <= range[1];
    return valid ? (element as number) : undefined;
  }
  const value = parseFloatElement(element);
  return value !== undefined && dtype === 'float16' ? numberToFloat16(value) : value;
}

function parseInt64(element: unknown): bigint | undefined {
  const valid = typeof element === 'string' ? /^-?\d{1,19}$/.test(element) : Number.isSafeInteger(element);
  if (!valid) return undefined;
  const value = BigInt(element as string | number);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function parseFloatElement(element: unknown): number | undefined {
  if (typeof element === 'number') return element;
  return element === 'NaN' || element === 'Infinity' || element === '-Infinity' ? Number(element) : undefined;
}

function integerToJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function invalid(path: string, message: string): IssueError {
  return new IssueError('tensor', [
    {
      code: 'tensor',
      path,
      message,
      fix: 'write the tensor as {dtype, shape, data} with flat, row-major data',
    },
  ]);
}
