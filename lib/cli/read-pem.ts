import { readFileSync } from 'node:fs';
import { IssueError, issue } from '../issue';

/**
 * A key in PEM: that of a file, or what was given, where only the environment can carry it.
 *
 * @throws IssueError when the file cannot be read
 */
export function readPem(file: string): string {
  if (file.startsWith('-----BEGIN ')) return file;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const fix = 'give a file with a key in PEM';
    throw new IssueError('key', [issue('file-missing', file, (error as Error).message, fix)], {
      cause: error,
    });
  }
}
