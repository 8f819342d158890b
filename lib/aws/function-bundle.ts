import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IssueError } from '../issue';
import { PACKAGE_ROOT } from '../package-root';

/** A Lambda function that ships with this library, by its archive under `dist/functions`. */
export type FunctionBundle = 'feedback' | 'gate' | 'program' | 'scaling' | 'smoke-test';

/**
 * The archive to upload, which holds `index.js`.
 *
 * @throws IssueError where this library runs from sources that were not built
 */
export function bundlePath(bundle: FunctionBundle): string {
  const path = join(PACKAGE_ROOT, 'dist', 'functions', `${bundle}.zip`);
  if (existsSync(path)) return path;
  throw new IssueError('Lambda functions', [
    {
      code: 'functions-not-built',
      path,
      message: `is not there: the function "${bundle}" is not built`,
      fix: 'Run `npm run build`.',
    },
  ]);
}
