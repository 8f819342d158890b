import { elementCount, type TensorData } from '../artifact';
import { allocate } from '../artifact/tensor';
import type { Dtype } from '../pipeline/definition';

/**
 * Reads the bytes of a tensor as the Open Inference Protocol lays them out: little-endian, row-major,
 * without padding; strings each after a 32-bit length.
 *
 * @returns the elements, or a sentence that says what is wrong with the bytes
 */
export function dataFromBytes(dtype: Dtype, shape: readonly number[], bytes: Buffer): TensorData | string {
  if (dtype === 'string') return stringsFromBytes(bytes, shape);
  const count = elementCount(shape);
  const bytesPerElement = (allocate(dtype, 0) as Uint8Array).BYTES_PER_ELEMENT;
  if (bytes.length !== count * bytesPerElement) {
    return `has ${bytes.length} bytes, the shape [${shape.join(', ')}] has ${count * bytesPerElement}`;
  }
  if (dtype === 'bool' && bytes.some((byte) => byte > 1)) return 'has a byte other than 0 and 1';
  const data = allocate(dtype, count) as Uint8Array;
  // A copy: tensors start anywhere in a body, typed arrays only at multiples of their element.
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

function stringsFromBytes(bytes: Buffer, shape: readonly number[]): string[] | string {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const strings: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return `ends within the length of element ${strings.length}`;
    const end = offset + 4 + bytes.readUInt32LE(offset);
    if (end > bytes.length) return `ends within element ${strings.length}`;
    try {
      strings.push(utf8.decode(bytes.subarray(offset + 4, end)));
    } catch {
      return `element ${strings.length} is not UTF-8`;
    }
    offset = end;
  }
  const count = elementCount(shape);
  if (strings.length === count) return strings;
  return `has ${strings.length} elements, the shape [${shape.join(', ')}] has ${count}`;
}
