import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toNumbers, type AnyTensor } from '../../lib/artifact';
import { elementTypeNumber } from '../../lib/artifact/onnx/element-types';
import { TensorProtoSchema } from '../../lib/artifact/onnx/onnx_pb';
import { readTensorProto } from '../../lib/artifact/tensor-proto';
import { temporaryDirectory } from './support';

type Init = MessageInitShape<typeof TensorProtoSchema>;

function write(dtype: string, dims: readonly number[], init: Init): string {
  const file = join(temporaryDirectory(), 'tensor.pb');
  const proto = { name: 't', dataType: elementTypeNumber(dtype), dims: dims.map(BigInt), ...init };
  writeFileSync(file, toBinary(TensorProtoSchema, create(TensorProtoSchema, proto)));
  return file;
}

const raw = (array: ArrayBufferView): Init => ({
  rawData: new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength),
});

test.each<[string, Init, readonly unknown[]]>([
  ['float32', raw(Float32Array.of(0.5, NaN)), [0.5, NaN]],
  ['float32', { floatData: [0.5, -1] }, [0.5, -1]],
  ['float64', { doubleData: [0.1, -1] }, [0.1, -1]],
  ['float64', raw(Float64Array.of(0.1, 1)), [0.1, 1]],
  ['float16', { int32Data: [0x3c00, 0xfc00] }, [0x3c00, 0xfc00]],
  ['bfloat16', raw(Uint16Array.of(0x3f80, 0xffff)), [0x3f80, 0xffff]],
  ['int8', { int32Data: [-128, 127] }, [-128, 127]],
  ['uint8', raw(Uint8Array.of(0, 255)), [0, 255]],
  ['bool', { int32Data: [1, 0] }, [1, 0]],
  ['int16', raw(Int16Array.of(-1, 5)), [-1, 5]],
  ['uint16', { int32Data: [65535, 5] }, [65535, 5]],
  ['int32', { int32Data: [-5, 5] }, [-5, 5]],
  ['uint32', { uint64Data: [4294967295n, 5n] }, [4294967295, 5]],
  ['int64', { int64Data: [-5n, 5n] }, [-5n, 5n]],
  ['int64', raw(BigInt64Array.of(-5n, 5n)), [-5n, 5n]],
  ['uint64', { uint64Data: [2n ** 64n - 1n, 5n] }, [2n ** 64n - 1n, 5n]],
  ['string', { stringData: [Buffer.from('é'), Buffer.from('')] }, ['é', '']],
  ['float8e5m2', { int32Data: [0x7c, 0x3c] }, [0x7c, 0x3c]],
  ['int4', raw(Uint8Array.of(0x7f)), [-1, 7]],
  ['uint4', { int32Data: [0x7f] }, [15, 7]],
  ['int2', raw(Uint8Array.of(0b0110)), [-2, 1]],
  ['uint2', raw(Uint8Array.of(0b0110)), [2, 1]],
  ['float4e2m1', raw(Uint8Array.of(0x21)), [1, 2]],
])('reads elements of type %s', (dtype, init, expected) => {
  const { name, tensor } = readTensorProto(write(dtype, [2, 1], init));
  expect(name).toBe('t');
  expect([tensor.dtype, tensor.shape, [...tensor.data]]).toEqual([dtype, [2, 1], expected]);
});

test('an odd number of small elements leaves the rest of the last byte out', () => {
  const { tensor } = readTensorProto(write('int4', [3], raw(Uint8Array.of(0x21, 0x03))));
  expect([...tensor.data]).toEqual([1, 2, 3]);
});

test('an empty tensor and a scalar are read', () => {
  expect(readTensorProto(write('float32', [0, 4], {})).tensor.data).toHaveLength(0);
  expect(readTensorProto(write('float32', [], { floatData: [1] })).tensor.shape).toEqual([]);
});

test.each([
  [write('complex64', [1], {}), 'holds elements of type complex64 [tensor]'],
  [write('unknown', [1], {}), 'holds elements of type unknown'],
  [write('float32', [1], { dataLocation: 1 }), 'holds no elements: they are in another file'],
  [write('float32', [-1], {}), 'has the shape [-1]'],
  [write('float32', [2 ** 30, 2 ** 30], {}), 'has the shape [1073741824, 1073741824]'],
  [write('float32', [3], { floatData: [1] }), 'has 1 elements, the shape [3] has 3'],
  [write('int4', [5], raw(Uint8Array.of(1, 2))), 'has 4 elements, the shape [5] has 5'],
  ['/nowhere.pb', '/nowhere.pb: does not exist'],
  [__filename, 'is no tensor: '],
])('refuses what is no tensor', (file, message) => {
  expect(() => readTensorProto(file)).toThrow(message);
});

test.each<[AnyTensor['dtype'], readonly (readonly [bits: number, value: number])[]]>([
  [
    'float8e4m3fn',
    [
      [0x38, 1],
      [0x7e, 448],
      [0x01, 2 ** -9],
      [0x7f, NaN],
      [0x80, -0],
      [0xff, NaN],
    ],
  ],
  [
    'float8e4m3fnuz',
    [
      [0x40, 1],
      [0x7f, 240],
      [0x80, NaN],
      [0x01, 2 ** -10],
      [0xff, -240],
    ],
  ],
  [
    'float8e5m2',
    [
      [0x3c, 1],
      [0x7b, 57344],
      [0x7c, Infinity],
      [0xfc, -Infinity],
      [0x7d, NaN],
      [0x01, 2 ** -16],
    ],
  ],
  [
    'float8e5m2fnuz',
    [
      [0x40, 1],
      [0x7f, 57344],
      [0x80, NaN],
      [0x01, 2 ** -17],
    ],
  ],
  [
    'float8e8m0',
    [
      [0x7f, 1],
      [0, 2 ** -127],
      [0xfe, 2 ** 127],
      [0xff, NaN],
    ],
  ],
  [
    'float4e2m1',
    [
      [0, 0],
      [1, 0.5],
      [2, 1],
      [3, 1.5],
      [7, 6],
      [8, -0],
      [15, -6],
    ],
  ],
])('%s has the values of the ONNX specification', (dtype, cases) => {
  const data = Uint8Array.from(cases, ([bits]) => bits);
  expect([...toNumbers({ dtype, shape: [data.length], data })]).toEqual(cases.map(([, number]) => number));
});

test('integers of 64 bits without a sign, and bfloat16, have numbers', () => {
  const long = { dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 63n) } as const;
  expect([...toNumbers(long)]).toEqual([2 ** 63]);
  const brain = { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3f80, 0xff80) } as const;
  expect([...toNumbers(brain)]).toEqual([1, -Infinity]);
});
