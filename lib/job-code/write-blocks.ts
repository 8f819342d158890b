import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';

/**
 * Writes an archive as it is made.
 *
 * @returns SHA-256 of its bytes, in hexadecimal
 */
export function writeBlocks(path: string, blocks: Iterable<Buffer>): string {
  const digest = createHash('sha256');
  const file = openSync(path, 'w');
  try {
    for (const block of blocks) {
      digest.update(block);
      writeFileSync(file, block);
    }
  } finally {
    closeSync(file);
  }
  return digest.digest('hex');
}
