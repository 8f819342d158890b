import { elementCount, type TensorData } from '../tensor';
import type { Complaint, InputEncoder } from './input-encoder';

/** `"kind": "numbers"` of `preprocessing.json`: (x − mean) / scale, in double precision, as float32. */
export interface NumbersInput {
  readonly kind: 'numbers';
  readonly field: string;
  /** Of one instance. */
  readonly shape: readonly number[];
  /** One number, or one per position of the last axis. */
  readonly mean: number | readonly number[];
  readonly scale: number | readonly number[];
}

/** Nested lists of numbers to a normalised row. */
export function numbersEncoder({ field, shape, mean, scale }: NumbersInput): InputEncoder {
  const count = elementCount(shape);
  const last = shape.at(-1) ?? 1;
  const at = (table: number | readonly number[], index: number) =>
    typeof table === 'number' ? table : (table[index % last] ?? NaN);
  const encode = (value: unknown, target: TensorData, offset: number): Complaint | undefined => {
    const flat = flatten(value, shape);
    if (!flat) {
      const wanted = shape.length === 0 ? 'a number' : `lists of numbers of shape [${shape.join(', ')}]`;
      return { message: `is not ${wanted}`, fix: `send ${wanted}, nested in this order` };
    }
    for (let index = 0; index < count; index++) {
      const normal = Math.fround(((flat[index] ?? NaN) - at(mean, index)) / at(scale, index));
      if (!Number.isFinite(normal)) {
        return {
          message: `has the value ${flat[index] ?? NaN}, too large for float32`,
          fix: 'send a smaller value',
        };
      }
      target[offset + index] = normal;
    }
    return undefined;
  };
  return { field, dtype: 'float32', shape, encode };
}

/** The numbers in row-major order; nothing when the value does not have the shape. */
function flatten(value: unknown, shape: readonly number[]): number[] | undefined {
  const [size, ...inner] = shape;
  if (size === undefined) return Number.isFinite(value) ? [value as number] : undefined;
  if (!Array.isArray(value) || value.length !== size) return undefined;
  const rows = value.map((item) => flatten(item, inner));
  return rows.every((row) => row !== undefined) ? rows.flat() : undefined;
}
