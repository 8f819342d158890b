import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * The interpreter that was asked for, or that of the working directory's virtual environment, or the system's.
 * A path is absolute, as programs start in other directories.
 */
export function findPython(asked?: string): string {
  if (asked !== undefined) return asked.includes('/') ? resolve(asked) : asked;
  const local = resolve('.venv', 'bin', 'python');
  return existsSync(local) ? local : 'python3';
}
