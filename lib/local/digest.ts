import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256File } from '../artifact';
import type { Json } from '../pipeline';

/** SHA-256 over the relative paths and contents of all files, hexadecimal. */
export function digestDirectory(directory: string, accept: (path: string) => boolean = () => true): string {
  const hash = createHash('sha256');
  for (const path of listFiles(directory, accept))
    hash.update(`${path}\0${sha256File(join(directory, path))}\n`);
  return hash.digest('hex');
}

/** SHA-256 of a JSON value whose keys are in a fixed order, hexadecimal. */
export function digestJson(value: Json): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Paths with `/`, sorted; a folder that is not accepted is not entered. */
function listFiles(directory: string, accept: (path: string) => boolean, prefix = ''): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      if (!accept(path)) return [];
      return entry.isDirectory() ? listFiles(directory, accept, `${path}/`) : [path];
    });
}
