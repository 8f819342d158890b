import { elementTypeName } from './element-types';
import type { TensorProto } from './onnx_pb';
import { elementCountOf, isExternal } from './tensors';

/** Elements of a tensor of numbers that is small enough to be in memory; shapes, axes and limits are. */
export function numbersOf(tensor: TensorProto): readonly number[] | undefined {
  const values = isExternal(tensor)
    ? undefined
    : (READERS[elementTypeName(tensor.dataType)] ?? nothing)(tensor);
  return values?.length === elementCountOf(tensor) ? values : undefined;
}

/** The same, of integers only. */
export function integersOf(tensor: TensorProto): readonly number[] | undefined {
  const values = numbersOf(tensor);
  return values?.every(Number.isInteger) ? values : undefined;
}

type Reader = (tensor: TensorProto) => readonly number[] | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  float32: read(
    4,
    (view, at) => view.getFloat32(at, true),
    ({ floatData }) => floatData,
  ),
  float64: read(
    8,
    (view, at) => view.getFloat64(at, true),
    ({ doubleData }) => doubleData,
  ),
  int64: read(
    8,
    (view, at) => Number(view.getBigInt64(at, true)),
    ({ int64Data }) => int64Data.map(Number),
  ),
  int32: read(
    4,
    (view, at) => view.getInt32(at, true),
    ({ int32Data }) => int32Data,
  ),
  bool: read(
    1,
    (view, at) => view.getUint8(at),
    ({ int32Data }) => int32Data,
  ),
};

function read(
  width: number,
  element: (view: DataView, at: number) => number,
  typed: (tensor: TensorProto) => readonly number[],
): Reader {
  return (tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.rawData;
    if (byteLength === 0) return typed(tensor);
    const view = new DataView(buffer, byteOffset, byteLength);
    return Array.from({ length: Math.floor(byteLength / width) }, (_, index) => element(view, index * width));
  };
}

function nothing(): undefined {
  return undefined;
}
