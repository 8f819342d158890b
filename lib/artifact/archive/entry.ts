import type { Issue } from '../../issue';
import { hasControlCharacters } from '../control-characters';

/** What an archive says of one of its files. */
export interface ArchiveEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** Unpacked. */
  readonly bytes: number;
}

export interface ArchiveLimits {
  /** Bytes of all files, unpacked. @default 8 GiB */
  readonly maxBytes?: number;
  /** @default 10000 */
  readonly maxEntries?: number;
}

export const DEFAULT_LIMITS: Required<ArchiveLimits> = { maxBytes: 8 * 2 ** 30, maxEntries: 10_000 };

/** Formats that are pickles or hold them; loading one can run code. */
const PICKLES = /\.(pkl|pickle|pt|pth|ckpt|joblib|dill)$/i;

/** What is wrong with the entries, whatever format the archive has. */
export function entryIssues(file: string, entries: readonly ArchiveEntry[]): Issue[] {
  const names = new Set<string>();
  return entries.flatMap(({ path, kind }) => {
    // Some file systems take two of these for one.
    const name = path.normalize('NFC').toLowerCase().replace(/\/+$/, '');
    const doubled = names.has(name) && kind !== 'directory';
    names.add(name);
    const problem = pathProblem(path);
    return [
      ...(problem ? [archiveIssue('archive-path', file, `entry ${JSON.stringify(path)} ${problem}`)] : []),
      ...(kind === 'other'
        ? [
            archiveIssue(
              'archive-link',
              file,
              `entry ${JSON.stringify(path)} is neither a file nor a directory`,
            ),
          ]
        : []),
      ...(doubled
        ? [archiveIssue('archive-duplicate', file, `entry ${JSON.stringify(path)} is there twice`)]
        : []),
      ...(kind === 'file' && PICKLES.test(path)
        ? [
            archiveIssue(
              'archive-pickle',
              file,
              `entry ${JSON.stringify(path)} is of a format that holds pickles`,
            ),
          ]
        : []),
    ];
  });
}

function pathProblem(path: string): string | undefined {
  if (hasControlCharacters(path)) return 'has control characters in its name';
  if (path.startsWith('/') || path.startsWith('\\') || /^[a-z]:/i.test(path)) return 'has an absolute path';
  return path.split(/[/\\]/).includes('..') ? 'leaves the directory it is unpacked in' : undefined;
}

const FIXES: Readonly<Record<string, string>> = {
  'archive-broken': 'make the archive again; it is damaged or not what it seems',
  'archive-size': 'do not unpack it; ask its maker for the files themselves',
  'archive-pickle': 'export the model to ONNX and pack that file',
};

export function archiveIssue(code: string, path: string, message: string): Issue {
  return {
    code,
    path,
    message,
    fix: FIXES[code] ?? 'make the archive again of plain files with relative paths',
  };
}
