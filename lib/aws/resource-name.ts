import { createHash } from 'node:crypto';
import { Names, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Issue } from '../issue';

/** SageMaker's limit on the name of anything. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 8;

/**
 * A name of at most `maxLength` characters: `base` as it is, or its beginning and a hash of the whole.
 *
 * @param base a–z, 0–9 and `-`
 */
export function shortName(base: string, maxLength = MAX_LENGTH): string {
  if (base.length <= maxLength) return base;
  return `${base.slice(0, maxLength - HASH_LENGTH - 1).replace(/-+$/, '')}-${contentHash(base)}`;
}

/**
 * What is wrong with a name that the user chose. It must be a literal, as others name it before the
 * resource exists.
 */
export function checkName(name: string | undefined, path: string): Issue[] {
  if (name === undefined) return [];
  const literal = !Token.isUnresolved(name);
  if (literal && name.length <= MAX_LENGTH && /^[a-z0-9](-*[a-z0-9])*$/.test(name)) return [];
  return [
    {
      code: 'name-invalid',
      path,
      message: literal ? `is "${name}"` : 'is known at deployment only',
      fix: `Choose a literal of at most ${MAX_LENGTH} of a–z, 0–9 and "-", that begins and ends with none of "-".`,
    },
  ];
}

/** Eight hexadecimal digits that change with the content. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, HASH_LENGTH);
}

/**
 * A literal name for a resource that others must name before it exists, the same at every synth.
 * Lower case: SageMaker writes names into ARNs in lower case, and policies compare ARNs exactly.
 */
export function constructName(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: MAX_LENGTH, separator: '-' }).toLowerCase();
}
