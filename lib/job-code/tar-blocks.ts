import { readFileSync, statSync } from 'node:fs';
import type { CodeFile } from './code-files';

const BLOCK = 512;

/** Where a header of the POSIX tar format (ustar) holds what, in bytes. */
const NAME = { at: 0, length: 100 };
const MODE = { at: 100, length: 8 };
const SIZE = { at: 124, length: 12 };
const CHECKSUM = { at: 148, length: 8 };
const TYPE = { at: 156, length: 1 };
const MAGIC = { at: 257, length: 8 };

/**
 * A tar archive, part by part. Its bytes depend on names, modes and contents alone: owner and times are zero.
 * Written here, as loading a library for it takes longer than all of the packing.
 */
export function* tarBlocks(files: readonly CodeFile[]): Generator<Buffer> {
  for (const file of files) {
    const content = 'from' in file ? readFileSync(file.from) : Buffer.from(file.text);
    if (Buffer.byteLength(file.name) > NAME.length) {
      const name = nameRecord(file.name);
      yield* entry('PaxHeader', 'x', 0o644, name);
    }
    yield* entry(file.name, '0', modeOf(file), content);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function* entry(name: string, type: string, mode: number, content: Buffer): Generator<Buffer> {
  yield header(name, type, mode, content.length);
  yield content;
  yield Buffer.alloc(-content.length & (BLOCK - 1));
}

function header(name: string, type: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = ({ at, length }: typeof NAME, text: string) => block.write(text, at, length);
  put(NAME, name);
  put(MODE, octal(mode, MODE.length));
  put(SIZE, octal(size, SIZE.length));
  put(TYPE, type);
  put(MAGIC, 'ustar\x0000');
  put(CHECKSUM, ' '.repeat(CHECKSUM.length));
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(CHECKSUM, octal(sum, CHECKSUM.length));
  return block;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

/** The record of the pax format that stands before an entry whose name is too long: its own length first. */
function nameRecord(name: string): Buffer {
  const rest = ` path=${name}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + String(bytes + String(bytes).length).length;
  return Buffer.from(`${length}${rest}`);
}

function modeOf(file: CodeFile): number {
  return 'from' in file && statSync(file.from).mode & 0o100 ? 0o755 : 0o644;
}
