import { existsSync, readFileSync } from 'node:fs';

/** The digest that the build has left beside a bundle; `undefined` where it has not, and CDK reads it all. */
export function bundleDigest(path: string): string | undefined {
  const file = `${path}.sha256`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
