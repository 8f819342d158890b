import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDigest } from '../../lib/aws/bundle-digest';

test('the digest of a bundle is the one that the build has left beside it', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bundle-')), 'gate.zip');
  expect(bundleDigest(path)).toBeUndefined();
  writeFileSync(`${path}.sha256`, `${'ab'.repeat(32)}\n`);
  expect(bundleDigest(path)).toBe('ab'.repeat(32));
});
