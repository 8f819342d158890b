import fc from 'fast-check';
import { tensorFromJson, tensorToJson, type Tensor } from '../../lib/artifact';

describe('tensorFromJson', () => {
  test.each([
    [{ dtype: 'float32', shape: [1, 2], data: [0.5, 'NaN'] }, [0.5, NaN]],
    [{ dtype: 'float64', shape: [2], data: ['Infinity', '-Infinity'] }, [Infinity, -Infinity]],
    [{ dtype: 'float16', shape: [3], data: [1, -2, 65504] }, [0x3c00, 0xc000, 0x7bff]],
    [{ dtype: 'int8', shape: [2], data: [-128, 127] }, [-128, 127]],
    [{ dtype: 'int64', shape: [2], data: [7, '-9223372036854775808'] }, [7n, -(2n ** 63n)]],
    [{ dtype: 'bool', shape: [2], data: [0, 1] }, [0, 1]],
    [{ dtype: 'string', shape: [1], data: ['é'] }, ['é']],
    [{ dtype: 'float32', shape: [], data: [3] }, [3]],
    [{ dtype: 'float32', shape: [0, 4], data: [] }, []],
  ])('reads %j', (json, expected) => {
    const tensor = tensorFromJson(json, 'tensor');
    expect([...tensor.data]).toEqual(expected);
    expect(tensor.shape).toEqual(json.shape);
  });

  test.each([
    [null, 't: a tensor is {dtype, shape, data}'],
    [{ dtype: 'int4', shape: [1], data: [1] }, 't.dtype: got "int4", allowed: float16, float32'],
    [{ dtype: 'int8', shape: [-1], data: [] }, 't.shape: got [-1], wanted a list of sizes, 0 or more'],
    [{ dtype: 'int8', shape: [1] }, 't.data: wanted a flat list of elements'],
    [{ dtype: 'int8', shape: [2, 2], data: [1] }, 't.data: has 1 elements, the shape [2, 2] has 4'],
    [{ dtype: 'int8', shape: [1], data: [128] }, 't.data[0]: got 128, not a value of int8'],
    [{ dtype: 'uint8', shape: [1], data: [1.5] }, 't.data[0]: got 1.5, not a value of uint8'],
    [{ dtype: 'float32', shape: [2], data: [1, 'one'] }, 't.data[1]: got "one", not a value of float32'],
    [
      { dtype: 'int64', shape: [1], data: [2 ** 53] },
      't.data[0]: got 9007199254740992, not a value of int64',
    ],
    [{ dtype: 'int64', shape: [1], data: ['9223372036854775808'] }, 'not a value of int64'],
    [{ dtype: 'string', shape: [1], data: [1] }, 't.data[0]: got 1, not a value of string'],
  ])('refuses %j', (json, message) => {
    expect(() => tensorFromJson(json, 't')).toThrow(message);
  });
});

test('float16 takes the nearest number, ties to even', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [2 / 3, 0x3955],
    [2049, 0x6800],
    [2051, 0x6802],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2],
    [2 ** -14 - 2 ** -26, 0x0400],
    [1 - 2 ** -13, 0x3c00],
  ];
  const { data } = tensorFromJson(
    { dtype: 'float16', shape: [cases.length], data: cases.map(([value]) => value) },
    't',
  );
  expect([...data]).toEqual(cases.map(([, bits]) => bits));
});

test('a tensor survives JSON text without loss', () => {
  const float = fc
    .float32Array({ maxLength: 8 })
    .map((data): Tensor => ({ dtype: 'float32', shape: [data.length], data }));
  const long = fc
    .bigInt64Array({ maxLength: 8 })
    .map((data): Tensor => ({ dtype: 'int64', shape: [data.length], data }));
  const half = fc
    .uint16Array({ maxLength: 8 })
    // A NaN keeps no payload.
    .map((data) => data.map((bits) => ((bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits)))
    .map((data): Tensor => ({ dtype: 'float16', shape: [data.length], data }));
  fc.assert(
    fc.property(fc.oneof(float, long, half), (tensor) => {
      const read = tensorFromJson(JSON.parse(JSON.stringify(tensorToJson(tensor))), 'tensor');
      expect([...read.data]).toEqual([...tensor.data].map((value) => (Object.is(value, -0) ? 0 : value)));
    }),
  );
});
