import { throwIssues, type Issue } from '../issue';
import type { ModelSignature } from '../pipeline/definition';
import { DTYPES } from '../pipeline/definition/model';
import { entriesOf, isObject, readJsonObject } from './json-file';

const FIX =
  'write {"inputs": {name: {dtype, shape}}, "outputs": {…}}; a size that varies is a name such as "batch"';

/**
 * Reads `signature.json`.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readSignature(file: string): ModelSignature {
  return parseSignature(readJsonObject(file, 'signature', FIX), file);
}

/**
 * Takes JSON for a signature.
 *
 * @param path names the signature in errors
 * @throws IssueError with everything that is wrong
 */
export function parseSignature(json: unknown, path: string): ModelSignature {
  const side = (name: 'inputs' | 'outputs') => (isObject(json) ? json[name] : undefined);
  throwIssues('signature', [
    ...sideIssues(side('inputs'), `${path}: inputs`),
    ...sideIssues(side('outputs'), `${path}: outputs`),
  ]);
  return json as ModelSignature;
}

function sideIssues(side: unknown, path: string): Issue[] {
  const specs = entriesOf(side);
  if (specs.length === 0) return [{ code: 'signature', path, message: 'has no entries', fix: FIX }];
  return specs.flatMap(([name, spec]) => specIssues(spec, `${path}.${name}`));
}

function specIssues(spec: unknown, path: string): Issue[] {
  const { dtype, shape } = isObject(spec) ? spec : {};
  const issue = (field: string, message: string): Issue => ({
    code: 'signature',
    path: `${path}.${field}`,
    message,
    fix: FIX,
  });
  const dtypes: readonly unknown[] = DTYPES;
  return [
    ...(dtypes.includes(dtype)
      ? []
      : [issue('dtype', `got ${JSON.stringify(dtype)}, allowed: ${DTYPES.join(', ')}`)]),
    ...(Array.isArray(shape) && shape.every(isDimension)
      ? []
      : [issue('shape', `got ${JSON.stringify(shape)}, wanted sizes and names of sizes`)]),
  ];
}

function isDimension(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : Number.isSafeInteger(value) && (value as number) >= 0;
}
