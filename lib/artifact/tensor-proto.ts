import { fromBinary } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { IssueError } from '../issue';
import { elementBits, elementTypeName } from './onnx/element-types';
import { TensorProtoSchema, type TensorProto } from './onnx/onnx_pb';
import {
  allocate,
  elementCount,
  isElementType,
  type AnyTensor,
  type ElementType,
  type TensorData,
} from './tensor';

/** A tensor and the name its file gives it, which may be empty. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: AnyTensor;
}

const EXTERNAL = 1;
const FIX = 'write the tensor again with `onnx.numpy_helper.from_array`';

/**
 * Reads a file that holds one `TensorProto`, the form of the ONNX test data.
 *
 * @throws IssueError when it is missing or broken, or its elements are complex numbers or elsewhere
 */
export function readTensorProto(file: string): NamedTensor {
  const proto = decode(file);
  const dtype = elementTypeName(proto.dataType);
  if (!isElementType(dtype)) throw broken(file, `holds elements of type ${dtype}`);
  if (proto.dataLocation === EXTERNAL) throw broken(file, 'holds no elements: they are in another file');
  const shape = proto.dims.map(Number);
  const count = elementCount(shape);
  if (shape.some((size) => size < 0) || !Number.isSafeInteger(count)) {
    throw broken(file, `has the shape [${shape.join(', ')}]`);
  }
  const data = elements(proto, dtype, count);
  if (data.length !== count) {
    throw broken(file, `has ${data.length} elements, the shape [${shape.join(', ')}] has ${count}`);
  }
  return { name: proto.name, tensor: { dtype, shape, data } };
}

function decode(file: string): TensorProto {
  try {
    return fromBinary(TensorProtoSchema, readFileSync(file), { readUnknownFields: false });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw broken(file, missing ? 'does not exist' : `is no tensor: ${(error as Error).message}`, error);
  }
}

function elements(proto: TensorProto, dtype: ElementType, count: number): TensorData {
  const { rawData, stringData, int64Data, uint64Data, floatData, doubleData, int32Data } = proto;
  if (dtype === 'string') return stringData.map((bytes) => Buffer.from(bytes).toString('utf8'));
  if (rawData.length > 0) return fromRaw(rawData, dtype, count);
  if (dtype === 'int64') return BigInt64Array.from(int64Data);
  if (dtype === 'uint64') return BigUint64Array.from(uint64Data);
  if (dtype === 'uint32') return Uint32Array.from(uint64Data, Number);
  if (dtype === 'float32') return Float32Array.from(floatData);
  if (dtype === 'float64') return Float64Array.from(doubleData);
  // Each value holds the bits of one element, or of the elements that share a byte.
  const bits = elementBits(dtype);
  if (bits < 8) return unpack(Uint8Array.from(int32Data), dtype, count);
  const data = allocate(dtype, int32Data.length) as Int32Array;
  data.set(int32Data);
  return data;
}

/** Elements in the byte order of the file format, which is that of the machine. */
function fromRaw(raw: Uint8Array, dtype: ElementType, count: number): TensorData {
  const bits = elementBits(dtype);
  if (bits < 8) return unpack(raw, dtype, count);
  const data = allocate(dtype, Math.floor((raw.length * 8) / bits)) as Uint8Array;
  new Uint8Array(data.buffer).set(raw.subarray(0, data.byteLength));
  return data;
}

/** Elements of 4 or 2 bits, the first in the lowest bits of a byte. */
function unpack(bytes: Uint8Array, dtype: ElementType, count: number): TensorData {
  const bits = elementBits(dtype);
  const perByte = 8 / bits;
  const data = allocate(dtype, Math.min(count, bytes.length * perByte)) as Uint8Array;
  const signed = dtype === 'int4' || dtype === 'int2';
  for (let index = 0; index < data.length; index++) {
    const byte = bytes[Math.floor(index / perByte)] ?? 0;
    const value = (byte >> (bits * (index % perByte))) & (2 ** bits - 1);
    data[index] = signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
  }
  return data;
}

function broken(path: string, message: string, cause?: unknown): IssueError {
  return new IssueError('tensor', [{ code: 'tensor', path, message, fix: FIX }], { cause });
}
