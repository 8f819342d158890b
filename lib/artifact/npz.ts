import { readFileSync, statSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { IssueError } from '../issue';
import { readNpy } from './npy';
import type { AnyTensor } from './tensor';

/** Larger archives are no golden samples; the arrays of one are held in memory. */
const MAX_BYTES = 2 ** 30;
const MAX_ENTRIES = 10_000;

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** An entry of the archive's directory. */
interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Reads the arrays of an `.npz` archive of NumPy by their names. Nothing is unpacked to disk, and what
 * unpacks to more than 1 GiB is refused before it is.
 *
 * @throws IssueError when the file is missing or broken, or an array is of a type that is not read
 */
export function readNpz(file: string): Map<string, AnyTensor> {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw broken(file, 'does not exist');
  if (size > MAX_BYTES) throw broken(file, `has ${size} bytes, allowed: ${MAX_BYTES}`);
  try {
    const bytes = readFileSync(file);
    const entries = directoryOf(bytes);
    const total = entries.reduce((sum, entry) => sum + entry.size, 0);
    if (total > MAX_BYTES) throw new Error(`unpacks to ${total} bytes, allowed: ${MAX_BYTES}`);
    return new Map(entries.map((entry) => [entry.name.replace(/\.npy$/, ''), readEntry(bytes, entry)]));
  } catch (error) {
    throw broken(file, (error as Error).message, error);
  }
}

/** The directory at the end of a zip archive: the sizes at the entries themselves may be left out. */
function directoryOf(bytes: Buffer): Entry[] {
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  if (count > MAX_ENTRIES) throw new Error(`has ${count} entries, allowed: ${MAX_ENTRIES}`);
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (at + ENTRY_BYTES > end || bytes.readUInt32LE(at) !== ENTRY_SIGNATURE) {
      throw new Error('is no zip archive: its directory is broken');
    }
    const nameEnd = at + ENTRY_BYTES + bytes.readUInt16LE(at + 28);
    entries.push({
      flags: bytes.readUInt16LE(at + 8),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      compressed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
      name: bytes.toString('utf8', at + ENTRY_BYTES, nameEnd),
    });
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (new Set(entries.map(({ name }) => name)).size < count) throw new Error('has two entries of one name');
  return entries;
}

function endOf(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = bytes.length - END_BYTES; at >= first; at--) {
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  throw new Error('is no zip archive: it has no directory');
}

function readEntry(bytes: Buffer, entry: Entry): AnyTensor {
  try {
    return readNpy(unpack(bytes, entry));
  } catch (error) {
    throw new Error(`array "${entry.name}" ${(error as Error).message}`, { cause: error });
  }
}

function unpack(bytes: Buffer, { flags, method, crc, compressed, size, offset }: Entry): Buffer {
  if (flags & ENCRYPTED) throw new Error('is encrypted');
  if (offset + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(offset) !== LOCAL_SIGNATURE) {
    throw new Error('is not where the directory says');
  }
  const start = offset + LOCAL_BYTES + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  if (start + compressed > bytes.length) throw new Error('breaks off');
  const packed = bytes.subarray(start, start + compressed);
  if (method !== STORED && method !== DEFLATED)
    throw new Error(`is packed by method ${method}, allowed: 0, 8`);
  const content = method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  if (content.length !== size || crc32(content) !== crc) throw new Error('is damaged: its checksum differs');
  return content;
}

function broken(path: string, message: string, cause?: unknown): IssueError {
  const fix = 'write the file again with numpy.savez, arrays of numbers or strings only';
  return new IssueError('golden samples', [{ code: 'golden-samples', path, message, fix }], { cause });
}
