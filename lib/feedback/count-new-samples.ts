import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from './sample-digest';

/**
 * Counts inputs with a label that came with files after a time, and with no file before it.
 *
 * @param directory of `….jsonl`, at any depth; one that is not there holds none
 */
export function countNewSamples(directory: string, since: Date): number {
  const files = filesOf(directory).map((path) => ({ path, isNew: statSync(path).mtime > since }));
  const samples = digestsIn(files.filter(({ isNew }) => isNew));
  for (const seen of digestsIn(files.filter(({ isNew }) => !isNew))) samples.delete(seen);
  return samples.size;
}

function filesOf(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function digestsIn(files: readonly { readonly path: string }[]): Set<string> {
  const lines = files.flatMap(({ path }) => readFileSync(path, 'utf8').split('\n'));
  return new Set(lines.flatMap((line) => digestOf(line) ?? []));
}
