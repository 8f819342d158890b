import { closeSync, openSync, readSync } from 'node:fs';
import type { Issue } from '../../issue';
import { archiveIssue, DEFAULT_LIMITS, type ArchiveLimits } from './entry';
import { tarIssues } from './tar';
import { zipIssues } from './zip';

/** Where the word `ustar` is in the first header of a tar file. */
const TAR_MAGIC = 257;

/**
 * What speaks against unpacking an archive (.tar, .tar.gz, .zip): paths that lead out of the directory,
 * links, devices, names that come twice, pickles, more bytes than allowed. Nothing is written.
 */
export async function archiveIssues(file: string, limits: ArchiveLimits = {}): Promise<Issue[]> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const head = headOf(file);
  if (head.subarray(0, 2).toString('hex') === '1f8b') return tarIssues(file, true, all);
  if (head.toString('latin1', TAR_MAGIC, TAR_MAGIC + 5) === 'ustar') return tarIssues(file, false, all);
  if (head.toString('latin1', 0, 2) === 'PK') return zipIssues(file, all);
  return [archiveIssue('archive-broken', file, 'is neither a tar, a tar.gz nor a zip archive')];
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(512);
  const descriptor = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
