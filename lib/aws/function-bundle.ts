import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { IssueError } from '../issue';
import { PACKAGE_ROOT } from '../package-root';

/** A Lambda function that ships with this library, by its directory under `dist/functions`. */
export type FunctionBundle = 'feedback' | 'gate' | 'program' | 'smoke-test';

/**
 * The directory to upload, which holds `index.js`.
 *
 * @throws IssueError where this library runs from sources that were not built
 */
export function bundleDirectory(bundle: FunctionBundle): string {
  const directory = join(PACKAGE_ROOT, 'dist', 'functions', bundle);
  if (existsSync(join(directory, 'index.js'))) return directory;
  throw new IssueError('Lambda functions', [
    {
      code: 'functions-not-built',
      path: directory,
      message: `holds no index.js: the function "${bundle}" is not built`,
      fix: 'Run `npm run build`.',
    },
  ]);
}
