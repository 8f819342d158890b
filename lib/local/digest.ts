import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../pipeline';

const CHUNK_BYTES = 1 << 20;

/** SHA-256 over the relative paths and contents of all files, hexadecimal. */
export function digestDirectory(directory: string, accept: (path: string) => boolean = () => true): string {
  const hash = createHash('sha256');
  for (const path of listFiles(directory, accept))
    hash.update(`${path}\0${digestFile(join(directory, path))}\n`);
  return hash.digest('hex');
}

/** SHA-256 of a JSON value whose keys are in a fixed order, hexadecimal. */
export function digestJson(value: Json): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function digestFile(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let read; (read = readSync(descriptor, chunk)) > 0;) hash.update(chunk.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
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
