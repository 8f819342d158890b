import type { AnyTensor } from './tensor';

/** Whether two tensors are the same to the last bit. */
export function sameBits(a: AnyTensor, b: AnyTensor): boolean {
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false;
  if (Array.isArray(a.data) || Array.isArray(b.data)) return String(a.data) === String(b.data);
  return bytesOf(a.data).equals(bytesOf(b.data));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
