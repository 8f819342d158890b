import fc from 'fast-check';
import { compareTensors, type AnyTensor, type Tensor } from '../../lib/artifact';
import { float32 } from './support';

const row = (...values: number[]): Tensor => ({
  dtype: 'float64',
  shape: [values.length],
  data: Float64Array.from(values),
});

test('tells the largest difference, where it is, and what tolerance would pass', () => {
  expect(compareTensors(row(1, 2, 3.5), row(1, 2.25, 3), { absolute: 0.1 })).toEqual({
    passed: false,
    maxAbsolute: 0.5,
    maxRelative: 0.5 / 3,
    worstIndex: 2,
    smallestAbsolute: 0.5,
    smallestNorm: 0.5 / 3,
  });
});

test('the relative tolerance grows with the expected value', () => {
  expect(compareTensors(row(101), row(100), { absolute: 0, relative: 0.01 }).passed).toBe(true);
  expect(compareTensors(row(102), row(100), { absolute: 0, relative: 0.01 })).toMatchObject({
    passed: false,
    smallestAbsolute: 1,
  });
});

test('the norm-wise tolerance is a share of the largest finite expected value', () => {
  const [actual, expected] = [row(1000.0001, 0.0009, Infinity), row(1000, 0, Infinity)];
  const tolerance = { absolute: 0, relative: 0 };
  const { passed, smallestNorm } = compareTensors(actual, expected, tolerance);
  expect(passed).toBe(false);
  expect(smallestNorm).toBeCloseTo(9e-7, 9);
  expect(compareTensors(actual, expected, { ...tolerance, norm: 1e-6 }).passed).toBe(true);
  expect(compareTensors(actual, expected, { ...tolerance, norm: 8e-7 })).toMatchObject({
    passed: false,
    worstIndex: 1,
  });
});

test('each element passes by the one tolerance or the other', () => {
  const [actual, expected] = [row(1001, 0.0009), row(1000, 0)];
  expect(compareTensors(actual, expected, { absolute: 0, relative: 0.01, norm: 1e-6 }).passed).toBe(true);
});

test('no norm-wise tolerance lets a number stand for NaN, or for anything where all is 0', () => {
  expect(compareTensors(row(1), row(NaN), { norm: 1 })).toMatchObject({
    passed: false,
    smallestNorm: Infinity,
  });
  expect(compareTensors(row(1), row(0), { norm: 1 })).toMatchObject({
    passed: false,
    smallestNorm: Infinity,
  });
});

test('wider types are compared by value', () => {
  const bits = (value: number): AnyTensor => ({ dtype: 'bfloat16', shape: [1], data: Uint16Array.of(value) });
  expect(compareTensors(bits(0x3f81), bits(0x3f80)).maxAbsolute).toBe(2 ** -7);
});

test.each([
  ['NaN equals NaN', row(NaN), row(NaN), true],
  ['infinity equals itself', row(Infinity), row(Infinity), true],
  ['infinity is not minus infinity', row(Infinity), row(-Infinity), false],
  ['NaN is not a number', row(NaN), row(0), false],
  ['a number is not NaN', row(0), row(NaN), false],
  ['a number is not infinity, whatever the tolerance', row(1e300), row(Infinity), false],
  ['empty tensors are equal', row(), row(), true],
])('%s', (_, actual, expected, passed) => {
  expect(compareTensors(actual, expected, { absolute: 1e9, relative: 0.5 }).passed).toBe(passed);
});

test('float16 is compared by value, not by bits', () => {
  const half = (bits: number): Tensor => ({ dtype: 'float16', shape: [1], data: Uint16Array.of(bits) });
  expect(compareTensors(half(0x3c01), half(0x3c00)).maxAbsolute).toBe(2 ** -10);
});

test('strings are equal or infinitely apart', () => {
  const text = (value: string): Tensor => ({ dtype: 'string', shape: [1], data: [value] });
  expect(compareTensors(text('a'), text('a')).passed).toBe(true);
  expect(compareTensors(text('a'), text('b'))).toMatchObject({ passed: false, smallestAbsolute: Infinity });
});

test('the smallest passing tolerance passes, and half of it does not', () => {
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [actual, expected] = [float32([3], a), float32([3], b)];
      const { smallestAbsolute } = compareTensors(actual, expected);
      expect(compareTensors(actual, expected, { absolute: smallestAbsolute }).passed).toBe(true);
      if (smallestAbsolute === 0) return;
      expect(compareTensors(actual, expected, { absolute: smallestAbsolute / 2 }).passed).toBe(false);
    }),
  );
});
