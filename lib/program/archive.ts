import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** A file of an archive: copied from another, or of this content. */
export type ArchiveEntry = { readonly path: string } & (
  { readonly from: string } | { readonly text: string } | { readonly bytes: Buffer }
);

/**
 * Writes a `.tar.gz`. The same entries make the same bytes, whoever makes them and when: sorted by
 * path, without owner, time or the writer's umask.
 */
export async function writeArchive(file: string, entries: readonly ArchiveEntry[]): Promise<void> {
  const staging = mkdtempSync(join(tmpdir(), 'model-pipeline-'));
  try {
    for (const entry of entries) stage(join(staging, entry.path), entry);
    const paths = entries.map(({ path }) => path).sort((a, b) => (a < b ? -1 : 1));
    await create({ file, cwd: staging, gzip: true, portable: true, mtime: new Date(0) }, paths);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Writes the files below a directory, on the disk of those they are copied from, which they take no more of. */
export function writeEntries(directory: string, entries: readonly ArchiveEntry[]): void {
  for (const entry of entries) {
    const target = join(directory, entry.path);
    mkdirSync(dirname(target), { recursive: true });
    if ('from' in entry) linkSync(entry.from, target);
    else writeFileSync(target, 'text' in entry ? entry.text : entry.bytes);
  }
}

function stage(target: string, entry: ArchiveEntry): void {
  mkdirSync(dirname(target), { recursive: true });
  if ('from' in entry) copyFileSync(entry.from, target);
  else writeFileSync(target, 'text' in entry ? entry.text : entry.bytes);
  chmodSync(target, 0o644);
}
