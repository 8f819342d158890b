import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { Issue } from '../../issue';
import { isPickle } from '../onnx/foreign-file';
import { archiveIssue, entryIssues, type ArchiveEntry, type ArchiveLimits } from './entry';

const FILES = ['File', 'OldFile', 'ContiguousFile'];

/** Compressed once more, it would be unpacked uncounted. */
const COMPRESSED = ['1f8b', '28b5', '425a', 'fd37'];

/** Reads a tar file, compressed with gzip or not, as far as the limits: nothing is written. */
export async function tarIssues(
  file: string,
  gzip: boolean,
  limits: Required<ArchiveLimits>,
): Promise<Issue[]> {
  const entries: ArchiveEntry[] = [];
  const issues: Issue[] = [];
  const add = (entry: ReadEntry) => {
    const kind = FILES.includes(entry.type) ? 'file' : entry.type === 'Directory' ? 'directory' : 'other';
    entries.push({ path: entry.path, kind, bytes: entry.size });
    let first = true;
    // Listening lets the entry flow; a listener that left would stop it.
    entry.on('data', (piece: Buffer) => {
      if (first && isPickle(piece)) {
        issues.push(archiveIssue('archive-pickle', file, `entry ${JSON.stringify(entry.path)} is a pickle`));
      }
      first = false;
    });
  };
  const parser = new Parser({
    onReadEntry: add,
    onwarn: (_, message) => issues.push(archiveIssue('archive-broken', file, `is damaged: ${message}`)),
  });
  parser.on('ignoredEntry', add);
  const raw = createReadStream(file);
  const source = gzip ? pipeline(raw, createGunzip(), () => undefined) : raw;
  let total = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (total === 0 && COMPRESSED.includes(chunk.subarray(0, 2).toString('hex'))) {
        return [archiveIssue('archive-broken', file, 'is compressed more than once')];
      }
      total += chunk.length;
      const problem = beyond(total, entries.length, limits);
      if (problem !== undefined) return [...issues, archiveIssue('archive-size', file, problem)];
      parser.write(chunk);
    }
    parser.end();
  } catch (error) {
    issues.push(archiveIssue('archive-broken', file, `is not readable: ${(error as Error).message}`));
  } finally {
    raw.destroy();
  }
  return [...issues, ...entryIssues(file, entries)];
}

function beyond(
  bytes: number,
  entries: number,
  { maxBytes, maxEntries }: Required<ArchiveLimits>,
): string | undefined {
  if (bytes > maxBytes) return `unpacks to more than ${maxBytes} bytes`;
  return entries > maxEntries ? `has more than ${maxEntries} entries` : undefined;
}
