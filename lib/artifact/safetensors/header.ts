import { type Issue, IssueError, throwIssues } from '../../issue';
import { attempt, entriesOf, isObject } from '../json-file';
import { DTYPE_BITS } from './dtypes';

/** Bytes in front of the header: its length, little-endian. */
export const PREFIX_BYTES = 8;
/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where a tensor is among the data of its file, in bytes; `end` is exclusive. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export const DOWNLOAD_AGAIN = 'download the file again from where it was published';

/**
 * Reads the header of a safetensors file and holds it to the format: known dtypes, sizes that their
 * shapes have, and data that is used byte by byte, once, to the end of the file.
 *
 * @param text the header's JSON
 * @param dataBytes size of what follows the header
 * @returns the tensors in the order of their data
 * @throws IssueError with everything that is wrong
 */
export function parseHeader(text: string, dataBytes: number, path: string): SafetensorsEntry[] {
  const json = parseJson(text, path);
  const issues: Issue[] = [];
  const entries = entriesOf(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => attempt(issues, () => parseEntry(name, value, path)))
    .filter((entry) => entry !== undefined)
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  issues.push(...metadataIssues(json, path));
  if (issues.length === 0) issues.push(...layoutIssues(entries, dataBytes, path));
  throwIssues('safetensors', issues);
  return entries;
}

export function broken(path: string, message: string): Issue {
  return { code: 'safetensors', path, message, fix: DOWNLOAD_AGAIN };
}

function parseJson(text: string, path: string): unknown {
  try {
    // The format begins with a brace, so that no header is also something else.
    if (text.startsWith('{')) return JSON.parse(text);
  } catch (error) {
    const message = `has a header that is no JSON: ${(error as Error).message}`;
    throw new IssueError('safetensors', [broken(path, message)], { cause: error });
  }
  throw new IssueError('safetensors', [broken(path, 'has a header that is no JSON object')]);
}

function parseEntry(name: string, value: unknown, path: string): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  const at = `${path}: ${name}`;
  const bits = typeof dtype === 'string' && Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined;
  const issues: Issue[] = [];
  if (bits === undefined) issues.push(broken(at, `has elements of type ${JSON.stringify(dtype)}`));
  if (!isSizes(shape)) issues.push(broken(at, `has the shape ${JSON.stringify(shape)}`));
  if (!isSizes(offsets) || offsets.length !== 2) {
    issues.push(broken(at, `has the data offsets ${JSON.stringify(offsets)}`));
  }
  throwIssues('safetensors', issues);
  const entry = { name, dtype, shape, begin: (offsets as number[])[0], end: (offsets as number[])[1] };
  const { begin, end } = entry as SafetensorsEntry;
  const bytes = (elements(shape as number[]) * (bits ?? 0)) / 8;
  if (end - begin === bytes) return entry as SafetensorsEntry;
  throw new IssueError('safetensors', [
    broken(at, `has ${end - begin} bytes; its shape and type make ${bytes}`),
  ]);
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function metadataIssues(json: unknown, path: string): Issue[] {
  const metadata = isObject(json) ? json.__metadata__ : undefined;
  const plain =
    metadata === undefined ||
    (isObject(metadata) && Object.values(metadata).every((value) => typeof value === 'string'));
  return plain ? [] : [broken(path, 'has metadata that is not text by name')];
}

/** Bytes that no tensor has could hide anything; bytes that two have are a mistake or an attack. */
function layoutIssues(entries: readonly SafetensorsEntry[], dataBytes: number, path: string): Issue[] {
  const issues: Issue[] = [];
  let used = 0;
  for (const { name, begin, end } of entries) {
    if (begin < used) issues.push(broken(`${path}: ${name}`, `begins at ${begin}, within another tensor`));
    if (begin > used)
      issues.push(broken(`${path}: ${name}`, `begins at ${begin}, after ${begin - used} unused bytes`));
    used = Math.max(used, end);
  }
  if (used !== dataBytes) {
    issues.push(broken(path, `has ${dataBytes} bytes of data; its header describes ${used}`));
  }
  return issues;
}
