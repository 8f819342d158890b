import type { Dimension } from '../pipeline/definition';
import { quote } from './json';

/**
 * What keeps a shape from fitting its specification, or nothing.
 *
 * @param sizes sizes already bound to the names of dimensions; this shape adds its own
 */
export function shapeProblem(
  shape: unknown,
  expected: readonly Dimension[],
  sizes: Map<string, number>,
): string | undefined {
  const wanted = `expected [${expected.join(', ')}]`;
  if (!Array.isArray(shape) || shape.length !== expected.length) return `${wanted}, got ${quote(shape)}`;
  for (const [index, dimension] of expected.entries()) {
    const size: unknown = shape[index];
    if (!Number.isSafeInteger(size) || (size as number) < 1)
      return `${wanted} of sizes from 1, got ${quote(shape)}`;
    const bound = typeof dimension === 'number' ? dimension : (sizes.get(dimension) ?? (size as number));
    if (bound !== size) {
      const where = typeof dimension === 'number' ? '' : ` with ${dimension} = ${bound}, as in another input`;
      return `${wanted}${where}, got ${quote(shape)}`;
    }
    if (typeof dimension === 'string') sizes.set(dimension, bound);
  }
  return undefined;
}

/** The elements of flat or nested data in row-major order; nothing where they do not fill the shape. */
export function flattenData(data: unknown, shape: readonly number[]): readonly unknown[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Array.isArray(data[0])) return data.length === count ? (data as unknown[]) : undefined;
  const flat: unknown[] = [];
  return collect(data, shape, flat) ? flat : undefined;
}

/** Appends the elements of a block of this shape; false where a list is longer, shorter or not one. */
function collect(block: unknown, [size, ...inner]: readonly number[], flat: unknown[]): boolean {
  if (size === undefined) {
    flat.push(block);
    return true;
  }
  return Array.isArray(block) && block.length === size && block.every((item) => collect(item, inner, flat));
}

/** Row-major elements as lists nested as the shape says; the element itself for the shape of a scalar. */
export function nestData(flat: readonly unknown[], shape: readonly number[]): unknown {
  const [size, ...inner] = shape;
  if (size === undefined) return flat[0];
  const row = flat.length / size;
  return Array.from({ length: size }, (_, index) =>
    nestData(flat.slice(index * row, (index + 1) * row), inner),
  );
}
