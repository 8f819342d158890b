import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import type { CodeFile } from './code-files';

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

/** Version 2.0 of the format. */
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;
const UTF8_NAMES = 0x0800;
const METHODS = { stored: 0, deflated: 8 };
/** 1 January 1980, the first day of the format. */
const DATE = 0x0021;
const READABLE_FILE = 0o100644 * 0x10000;

/**
 * A zip archive, part by part. Its bytes depend on names and contents alone.
 *
 * @param method files as they are, or smaller
 * @throws RangeError where it would have more than 4 GiB or 65,535 files
 */
export function* zipBlocks(
  files: readonly CodeFile[],
  method: keyof typeof METHODS = 'stored',
): Generator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = 'from' in file ? readFileSync(file.from) : Buffer.from(file.text);
    const packed = method === 'stored' ? content : deflateRawSync(content);
    const name = Buffer.from(file.name);
    const header = Buffer.concat([
      u16(VERSION, UTF8_NAMES, METHODS[method], 0, DATE),
      u32(crc32(content), packed.length, content.length),
      u16(name.length, 0),
    ]);
    directory.push(u32(DIRECTORY_HEADER), u16(MADE_ON_UNIX), header, u16(0, 0, 0));
    directory.push(u32(READABLE_FILE, offset), name);
    const start = Buffer.concat([u32(LOCAL_HEADER), header, name]);
    offset += start.length + packed.length;
    yield start;
    yield packed;
  }
  const central = Buffer.concat(directory);
  const count = files.length;
  yield central;
  yield Buffer.concat([u32(END_OF_DIRECTORY), u16(0, 0, count, count), u32(central.length, offset), u16(0)]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16LE(value, 2 * index));
  return bytes;
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32LE(value, 4 * index));
  return bytes;
}
