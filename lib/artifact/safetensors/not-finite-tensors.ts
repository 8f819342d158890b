import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { countNotFinite, FLOAT_FORMATS, type FloatFormat, type NotFinite, wordsOf } from '../not-finite';
import type { SafetensorsEntry } from './header';
import type { Shard } from './read-weights';

/** A multiple of every element's size: no element lies in two pieces. */
const CHUNK_BYTES = 4 << 20;

/** Formats by their names in safetensors; the others hold numbers only. */
const FORMATS: Readonly<Record<string, FloatFormat | undefined>> = {
  F64: FLOAT_FORMATS.float64,
  F32: FLOAT_FORMATS.float32,
  C64: FLOAT_FORMATS.complex64,
  F16: FLOAT_FORMATS.float16,
  BF16: FLOAT_FORMATS.bfloat16,
  F8_E5M2: FLOAT_FORMATS.float8e5m2,
  F8_E4M3: FLOAT_FORMATS.float8e4m3fn,
  // Scales without a sign: all bits set is the one NaN.
  F8_E8M0: { word: 1, stride: 1, exponent: 0xff, fraction: 0 },
};

export interface NotFiniteTensor extends NotFinite {
  readonly name: string;
  /** Name of the file it is in. */
  readonly file: string;
}

/** The tensors that hold NaN or infinities; reads every number of a model, in pieces. */
export async function notFiniteTensors(
  directory: string,
  shards: readonly Shard[],
  signal?: AbortSignal,
): Promise<NotFiniteTensor[]> {
  const found: NotFiniteTensor[] = [];
  const chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES));
  for (const { file, entries } of shards) {
    const handle = await open(join(directory, file), 'r');
    try {
      // A header accounts for every byte: what is before the first tensor is prefix and header.
      const dataStart = (await handle.stat()).size - Math.max(0, ...entries.map(({ end }) => end));
      for (const entry of entries) {
        signal?.throwIfAborted();
        const format = FORMATS[entry.dtype];
        const counts = format && (await scan(handle, dataStart, entry, format, chunk));
        if (counts && counts.nan + counts.infinite > 0) found.push({ name: entry.name, file, ...counts });
      }
    } finally {
      await handle.close();
    }
  }
  return found;
}

async function scan(
  handle: FileHandle,
  dataStart: number,
  { begin, end }: SafetensorsEntry,
  format: FloatFormat,
  chunk: Buffer,
): Promise<NotFinite> {
  const counts: NotFinite = { nan: 0, infinite: 0, positive: 0 };
  for (let at = begin; at < end; at += CHUNK_BYTES) {
    const piece = chunk.subarray(0, Math.min(CHUNK_BYTES, end - at));
    await readFully(handle, piece, dataStart + at);
    countNotFinite(wordsOf(piece, format.word), format, counts);
  }
  return counts;
}

async function readFully(handle: FileHandle, target: Buffer, position: number): Promise<void> {
  for (let read = 0; read < target.length;) {
    const { bytesRead } = await handle.read(target, read, target.length - read, position + read);
    if (bytesRead === 0) throw new Error('a file of weights became shorter while it was read');
    read += bytesRead;
  }
}
