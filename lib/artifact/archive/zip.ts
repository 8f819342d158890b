import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Issue } from '../../issue';
import { archiveIssue, entryIssues, type ArchiveEntry, type ArchiveLimits } from './entry';

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const UNIX = 3;
const METHODS = [0, 8];

interface ZipEntry extends ArchiveEntry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: number;
  /** Where its own header is. */
  readonly offset: number;
  readonly name: Buffer;
}

/** Reads the directory of a zip file and the header of each entry: nothing is unpacked. */
export function zipIssues(file: string, limits: Required<ArchiveLimits>): Issue[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const read = (offset: number, length: number) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, offset));
    };
    const directory = directoryOf(read, size);
    if (!directory) return [archiveIssue('archive-broken', file, 'has no readable directory')];
    if (directory.entries > limits.maxEntries || directory.length > size) {
      return [archiveIssue('archive-size', file, `has more than ${limits.maxEntries} entries`)];
    }
    const entries = entriesOf(read(directory.offset, directory.length));
    if (entries.length !== directory.entries) {
      return [
        archiveIssue(
          'archive-broken',
          file,
          `names ${directory.entries} entries and lists ${entries.length}`,
        ),
      ];
    }
    return [
      ...entryIssues(file, entries),
      ...entries.flatMap((entry) => formIssues(file, entry, read)),
      ...sizeIssues(file, entries, limits),
    ];
  } finally {
    closeSync(descriptor);
  }
}

type Read = (offset: number, length: number) => Buffer;

/** Sizes of 2^32 - 1 stand for larger ones, which are beyond every limit. */
function directoryOf(read: Read, size: number) {
  const start = Math.max(0, size - END_BYTES - LONGEST_COMMENT);
  const tail = read(start, END_BYTES + LONGEST_COMMENT);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    return {
      entries: tail.readUInt16LE(at + 10),
      length: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
  }
  return undefined;
}

function entriesOf(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length && directory.readUInt32LE(at) === ENTRY;) {
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength);
    const path = name.toString('utf8');
    const mode = directory[at + 5] === UNIX ? directory.readUInt16LE(at + 40) >> 12 : 0;
    entries.push({
      path,
      name,
      kind: kindOf(mode, path),
      bytes: directory.readUInt32LE(at + 24),
      packed: directory.readUInt32LE(at + 20),
      method: directory.readUInt16LE(at + 10),
      encrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      offset: directory.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The first four bits of a Unix mode: 8 a file, 4 a directory, 10 a symbolic link. */
function kindOf(mode: number, path: string): ArchiveEntry['kind'] {
  if (mode !== 0 && mode !== 8 && mode !== 4) return 'other';
  return mode === 4 || path.endsWith('/') ? 'directory' : 'file';
}

/** Unpackers differ in which header they believe. */
function formIssues(file: string, { path, name, method, encrypted, offset }: ZipEntry, read: Read): Issue[] {
  const issue = (message: string) => [
    archiveIssue('archive-broken', file, `entry ${JSON.stringify(path)} ${message}`),
  ];
  if (encrypted) return issue('is encrypted');
  if (!METHODS.includes(method))
    return issue(`is compressed with method ${method}; allowed: ${METHODS.join(', ')}`);
  const local = read(offset, LOCAL_BYTES + name.length);
  const intact = local.length === LOCAL_BYTES + name.length && local.readUInt32LE(0) === LOCAL;
  if (!intact) return issue('has no header of its own');
  return local.subarray(LOCAL_BYTES).equals(name) ? [] : issue('has another name in its own header');
}

function sizeIssues(
  file: string,
  entries: readonly ZipEntry[],
  { maxBytes }: Required<ArchiveLimits>,
): Issue[] {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset);
  const overlaps = inOrder.some(({ offset, packed, name }, index) => {
    const next = inOrder[index + 1];
    return next !== undefined && offset + LOCAL_BYTES + name.length + packed > next.offset;
  });
  return [
    ...(total > maxBytes
      ? [archiveIssue('archive-size', file, `unpacks to ${total} bytes; allowed are ${maxBytes}`)]
      : []),
    ...(overlaps ? [archiveIssue('archive-size', file, 'has entries that share their bytes')] : []),
  ];
}
