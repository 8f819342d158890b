import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

/** SHA-256 of a file, hexadecimal, read in pieces: memory does not grow with the file. */
export function sha256File(file: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/** What tells that a file was written or replaced, without reading it. */
export interface FileStamp {
  readonly bytes: number;
  /** `dev:ino:size:mtime:ctime`, times in nanoseconds. The last one cannot be set by a program. */
  readonly identity: string;
  /** The later of both times, in milliseconds since 1970. */
  readonly changedMs: number;
}

export interface StampedDigest extends FileStamp {
  readonly sha256: string;
}

/** SHA-256 and stamp of a file, both of the same open file; other work goes on meanwhile. */
export async function digestFile(file: string, signal?: AbortSignal): Promise<StampedDigest> {
  const handle = await open(file, 'r');
  try {
    const stamp = await stampOf(handle);
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(Math.min(4 * CHUNK_BYTES, stamp.bytes + 1));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return { ...stamp, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

export async function stampFile(file: string): Promise<FileStamp> {
  const handle = await open(file, 'r');
  try {
    return await stampOf(handle);
  } finally {
    await handle.close();
  }
}

async function stampOf(handle: FileHandle): Promise<FileStamp> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return {
    bytes: Number(size),
    identity: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
    changedMs: Number(latest / 1_000_000n),
  };
}
