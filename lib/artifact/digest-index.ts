import type { CacheDirectory } from './cache-directory';
import { digestFile, stampFile, type StampedDigest } from './digest';
import { entriesOf } from './json-file';

/** Timestamps of file systems are this coarse at worst (FAT): two writes within may look like one. */
const COARSEST_TIMESTAMP_MS = 2000;

const FILE = 'digests.json';

/**
 * Digests of files by what tells that they changed: device, inode, size and both times. A file that
 * was written less than two seconds before it was hashed is hashed again next time, since a write
 * after might not show in its times.
 */
export class DigestIndex {
  private readonly entries: Map<string, string>;
  private changed = false;

  constructor(private readonly directory: CacheDirectory) {
    const known = entriesOf(directory.read(FILE));
    this.entries = new Map(known.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  }

  async digest(file: string, signal?: AbortSignal): Promise<StampedDigest> {
    const stamp = await stampFile(file);
    const known = this.entries.get(stamp.identity);
    if (known !== undefined) return { ...stamp, sha256: known };
    const started = Date.now();
    const digest = await digestFile(file, signal);
    if (digest.changedMs + COARSEST_TIMESTAMP_MS < started) {
      this.entries.set(digest.identity, digest.sha256);
      this.changed = true;
    }
    return digest;
  }

  save(): void {
    if (this.changed) this.directory.write(FILE, Object.fromEntries(this.entries));
    this.changed = false;
  }
}
