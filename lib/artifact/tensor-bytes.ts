import type { Tensor } from './tensor';

/**
 * The bytes of a tensor as the Open Inference Protocol and Triton lay them out: little-endian,
 * row-major, without padding; strings each after a 32-bit length.
 */
export function bytesFromTensor({ dtype, data }: Tensor): Buffer {
  if (dtype === 'string') return bytesFromStrings(data as string[]);
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  return Buffer.from(buffer, byteOffset, byteLength);
}

function bytesFromStrings(strings: readonly string[]): Buffer {
  const parts = strings.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}
