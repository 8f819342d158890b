import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands in for `lib/aws/function-bundle`: these tests look at templates, not at what the functions do. */
export function bundlePath(bundle: string): string {
  const directory = mkdtempSync(join(tmpdir(), `bundle-${bundle}-`));
  writeFileSync(join(directory, 'index.js'), `exports.handler = () => '${bundle}';\n`);
  return directory;
}
