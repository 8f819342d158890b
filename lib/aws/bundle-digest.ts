import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The digest that the build has left in a bundle; `undefined` where it has not, and CDK reads every file. */
export function bundleDigest(directory: string): string | undefined {
  const file = join(directory, 'bundle.sha256');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
