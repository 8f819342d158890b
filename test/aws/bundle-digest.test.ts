import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDigest } from '../../lib/aws/bundle-digest';

test('the digest of a bundle is the one that the build has left in it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  expect(bundleDigest(directory)).toBeUndefined();
  writeFileSync(join(directory, 'bundle.sha256'), `${'ab'.repeat(32)}\n`);
  expect(bundleDigest(directory)).toBe('ab'.repeat(32));
});
