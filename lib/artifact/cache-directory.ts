import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issue, throwIssues } from '../issue';

/** Directory of JSON files that only its owner may write: whoever writes there decides what is believed. */
export class CacheDirectory {
  /**
   * Makes the directory where there is none, for its owner only.
   *
   * @throws IssueError when it belongs to, or may be written by, anybody else
   */
  static open(directory: string): CacheDirectory {
    const path = resolve(directory);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { mode, uid } = statSync(path);
    const mine = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    const fix = `chmod go-w ${path}, or name a directory of your own`;
    throwIssues(
      'cache',
      mine ? [] : [issue('cache-unsafe', path, 'is a directory that others may write to', fix)],
    );
    return new CacheDirectory(path);
  }

  private constructor(private readonly path: string) {}

  /** Nothing where the file is missing or broken: what a cache does not know is found out again. */
  read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(join(this.path, name), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** In one step: a reader sees the old file or the new one. */
  write(name: string, content: unknown): void {
    const temporary = join(this.path, `${name}.${process.pid}`);
    try {
      writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 });
      renameSync(temporary, join(this.path, name));
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
