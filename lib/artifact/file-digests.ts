import { issue, throwIssues } from '../issue';
import { digestFile, stampFile, type FileStamp, type StampedDigest } from './digest';
import type { DigestIndex } from './digest-index';

/** Digests of the files of one verification: each file is hashed once, beside other work. */
export class FileDigests {
  private readonly digests = new Map<string, Promise<StampedDigest>>();

  constructor(
    private readonly signal?: AbortSignal,
    /** Spares hashing files that did not change since they were. */
    private readonly index?: DigestIndex,
  ) {}

  /** Starts hashing a file that is going to be asked for. */
  start(file: string): void {
    void this.of(file);
  }

  of(file: string): Promise<StampedDigest> {
    const known = this.digests.get(file);
    if (known) return known;
    const digest = this.index?.digest(file, this.signal) ?? digestFile(file, this.signal);
    this.digests.set(file, digest);
    // What could not be read is no part of what was verified.
    digest.catch(() => this.digests.delete(file));
    return digest;
  }

  /**
   * Holds the hashed files to what they were when they were hashed.
   *
   * @throws IssueError when one was written or replaced since: nothing said of it can be relied on
   */
  async checkUnchanged(): Promise<void> {
    const files = await Promise.all(
      [...this.digests].map(async ([file, digest]) => [file, await digest, await stampOrNone(file)] as const),
    );
    throwIssues(
      'verify',
      files
        .filter(([, then, now]) => now?.identity !== then.identity)
        .map(([file]) =>
          issue('file-changed', file, 'was changed while it was verified', 'verify it again, undisturbed'),
        ),
    );
  }
}

function stampOrNone(file: string): Promise<FileStamp | undefined> {
  return stampFile(file).catch(() => undefined);
}
