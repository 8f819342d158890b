import { readSync } from 'node:fs';

const WINDOW_BYTES = 1 << 16;

/** Random access to an open file of any size through one small buffer. */
export class FileWindow {
  private readonly window: Buffer;
  private start = 0;
  private end = 0;

  constructor(
    private readonly descriptor: number,
    /** Bytes of the file. */
    readonly size: number,
  ) {
    this.window = Buffer.allocUnsafe(Math.min(size, WINDOW_BYTES));
  }

  /** The byte at an offset below `size`. */
  byte(offset: number): number {
    if (offset < this.start || offset >= this.end) this.fill(offset);
    return this.window[offset - this.start] ?? 0;
  }

  /** A copy of a piece that lies inside the file. */
  slice(offset: number, length: number): Buffer {
    if (length > this.window.length) return this.read(Buffer.allocUnsafe(length), offset);
    if (offset < this.start || offset + length > this.end) this.fill(offset);
    return Buffer.from(this.window.subarray(offset - this.start, offset - this.start + length));
  }

  private fill(offset: number): void {
    this.start = offset;
    this.end = Math.min(offset + this.window.length, this.size);
    this.read(this.window.subarray(0, this.end - offset), offset);
  }

  private read(target: Buffer, offset: number): Buffer {
    for (let done = 0; done < target.length;) {
      const read = readSync(this.descriptor, target, done, target.length - done, offset + done);
      if (read === 0) throw new Error('the file became shorter while it was read');
      done += read;
    }
    return target;
  }
}
