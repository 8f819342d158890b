import { createHash } from 'node:crypto';

const HASH_LENGTH = 8;

/**
 * A name of at most `maxLength` characters: `base` as it is, or its beginning and a hash of the whole.
 *
 * @param base a–z, 0–9 and `-`
 */
export function shortName(base: string, maxLength: number): string {
  if (base.length <= maxLength) return base;
  return `${base.slice(0, maxLength - HASH_LENGTH - 1).replace(/-+$/, '')}-${contentHash(base)}`;
}

/** Eight hexadecimal digits that change with the content. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, HASH_LENGTH);
}
