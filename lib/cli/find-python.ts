import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** The interpreter of the working directory's virtual environment, or the system's. */
export function findPython(): string {
  const local = resolve('.venv', 'bin', 'python');
  return existsSync(local) ? local : 'python3';
}
