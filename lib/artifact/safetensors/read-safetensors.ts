import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { IssueError } from '../../issue';
import { foreignFile } from '../onnx/foreign-file';
import { broken, MAX_HEADER_BYTES, parseHeader, PREFIX_BYTES, type SafetensorsEntry } from './header';

/**
 * Reads the header of a safetensors file; its data is not read.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readSafetensors(file: string): SafetensorsEntry[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const prefix = readExactly(descriptor, 0, Math.min(PREFIX_BYTES, size));
    const headerBytes = size < PREFIX_BYTES ? undefined : Number(prefix.readBigUInt64LE());
    if (headerBytes === undefined || headerBytes > size - PREFIX_BYTES || headerBytes > MAX_HEADER_BYTES) {
      throw new IssueError('safetensors', [whatElse(descriptor, size, file)]);
    }
    const header = readExactly(descriptor, PREFIX_BYTES, headerBytes).toString('utf8');
    return parseHeader(header, size - PREFIX_BYTES - headerBytes, file);
  } finally {
    closeSync(descriptor);
  }
}

/** A length that is none mostly comes from another kind of file: a Git LFS pointer, a web page. */
function whatElse(descriptor: number, size: number, file: string) {
  const foreign = foreignFile(readExactly(descriptor, 0, Math.min(512, size)), file);
  if (!foreign) return broken(file, `is no safetensors file: its header would not fit its ${size} bytes`);
  return {
    ...foreign,
    code: 'safetensors',
    message: foreign.message.replace('an ONNX model', 'a safetensors file'),
  };
}

function readExactly(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const count = readSync(descriptor, bytes, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return bytes;
}
