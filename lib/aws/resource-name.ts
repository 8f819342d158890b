import { Names, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Issue } from '../issue';

/** SageMaker's limit on the name of anything. */
export const MAX_LENGTH = 63;

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

/**
 * A literal name for a resource that others must name before it exists, the same at every synth.
 * Lower case: SageMaker writes names into ARNs in lower case, and policies compare ARNs exactly.
 */
export function constructName(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: MAX_LENGTH, separator: '-' }).toLowerCase();
}
