import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DataField, Region } from './decode';
import { elementBytes, elementTypeName } from './element-types';
import type { ModelStructure } from './model-structure';
import type { TensorProto } from './onnx_pb';
import { elementCountOf, externalEntry, isExternal, tensorBytes } from './tensors';

const CHUNK_BYTES = 1 << 20;

/** A data field of a tensor that is not empty. */
export interface StoredField {
  /** Its name in the ONNX specification. */
  readonly name: string;
  /** Bytes of `raw_data`, values of every other field. */
  readonly size: number;
  /** Sizes that the shape and element type allow; none where the field is not for this type. */
  readonly expected: readonly number[];
}

/** Names of the fields in the specification, and the element types each is for. */
const FIELDS: Readonly<Record<DataField | 'stringData', { readonly name: string; readonly types: RegExp }>> =
  {
    rawData: { name: 'raw_data', types: /^(?!string)/ },
    floatData: { name: 'float_data', types: /^(float32|complex64)$/ },
    int32Data: {
      name: 'int32_data',
      types:
        /^(int32|int16|int8|int4|int2|uint16|uint8|uint4|uint2|bool|float16|bfloat16|float8.*|float4.*)$/,
    },
    int64Data: { name: 'int64_data', types: /^int64$/ },
    doubleData: { name: 'double_data', types: /^(float64|complex128)$/ },
    uint64Data: { name: 'uint64_data', types: /^(uint32|uint64)$/ },
    stringData: { name: 'string_data', types: /^string$/ },
  };

/** The data fields of a tensor that hold something, in the model or left in its file. */
export function storedFields(structure: ModelStructure, tensor: TensorProto): StoredField[] {
  return (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((key) => {
    const size = fieldSize(structure, tensor, key);
    return size === 0 ? [] : [{ name: FIELDS[key].name, size, expected: expectedSizes(tensor, key) }];
  });
}

function fieldSize(structure: ModelStructure, tensor: TensorProto, key: keyof typeof FIELDS): number {
  if (key === 'stringData') return tensor.stringData.length;
  const regions = structure.elided(tensor)[key] ?? [];
  return tensor[key].length + regions.reduce((sum, region) => sum + valuesIn(structure.file, key, region), 0);
}

function valuesIn(file: string, key: DataField, region: Region): number {
  if (key === 'rawData') return region.length;
  if (key === 'floatData') return region.length / 4;
  if (key === 'doubleData') return region.length / 8;
  let values = 0;
  for (const chunk of fileChunks(file, region)) for (const byte of chunk) if (byte < 0x80) values++;
  return values;
}

function expectedSizes(tensor: TensorProto, key: keyof typeof FIELDS): number[] {
  const type = elementTypeName(tensor.dataType);
  if (!FIELDS[key].types.test(type)) return [];
  const elements = elementCountOf(tensor);
  if (key === 'rawData') return [tensorBytes(tensor)];
  if (type.startsWith('complex')) return [2 * elements];
  const packed = tensorBytes(tensor);
  // Types of less than a byte are written by the element or by the byte.
  return packed < elements ? [packed, elements] : [elements];
}

/** A piece of a file, a buffer at a time; each buffer is used again for the next. */
export function* fileChunks(file: string, { offset, length }: Region): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(length, CHUNK_BYTES));
  const descriptor = openSync(file, 'r');
  try {
    for (let done = 0; done < length;) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - done));
      let filled = 0;
      for (let read = -1; read !== 0 && filled < piece.length; filled += read) {
        read = readSync(descriptor, piece, filled, piece.length - filled, offset + done + filled);
      }
      if (filled === 0) return;
      yield piece.subarray(0, filled);
      done += filled;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes of a tensor's elements, little-endian and in order; none for strings. */
export function* elementChunks(structure: ModelStructure, tensor: TensorProto): Generator<Buffer> {
  if (isExternal(tensor)) {
    const location = externalEntry(tensor, 'location') ?? '';
    const offset = Number(externalEntry(tensor, 'offset') ?? 0);
    yield* fileChunks(join(dirname(structure.file), location), { offset, length: tensorBytes(tensor) });
    return;
  }
  const elided = structure.elided(tensor);
  for (const name of ['rawData', 'floatData', 'doubleData'] as const) {
    for (const region of elided[name] ?? []) yield* fileChunks(structure.file, region);
  }
  if (tensor.rawData.length > 0) yield Buffer.from(tensor.rawData);
  if (tensor.floatData.length > 0) yield Buffer.from(Float32Array.from(tensor.floatData).buffer);
  if (tensor.doubleData.length > 0) yield Buffer.from(Float64Array.from(tensor.doubleData).buffer);
  yield* narrowChunks(structure, tensor);
}

/** Elements of `int32_data`, whatever their width: one value each, of which only the low bits count. */
function* narrowChunks(structure: ModelStructure, tensor: TensorProto): Generator<Buffer> {
  const width = elementBytes(tensor.dataType, 1);
  const write = (values: readonly number[]) => {
    const bytes = Buffer.alloc(values.length * width);
    values.forEach((value, index) => {
      if (width === 4) bytes.writeInt32LE(value, index * 4);
      else bytes.writeUIntLE(value & (width === 2 ? 0xffff : 0xff), index * width, width);
    });
    return bytes;
  };
  for (const region of structure.elided(tensor).int32Data ?? []) {
    let [value, shift] = [0, 0];
    for (const chunk of fileChunks(structure.file, region)) {
      const values: number[] = [];
      for (const byte of chunk) {
        if (shift < 32) value |= (byte & 0x7f) << shift;
        shift += 7;
        if (byte >= 0x80) continue;
        values.push(value);
        [value, shift] = [0, 0];
      }
      yield write(values);
    }
  }
  if (tensor.int32Data.length > 0) yield write(tensor.int32Data);
}
