import fc from 'fast-check';
import { compareTensors, type Tensor } from '../../lib/artifact';
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
  });
});

test('the relative tolerance grows with the expected value', () => {
  expect(compareTensors(row(101), row(100), { absolute: 0, relative: 0.01 }).passed).toBe(true);
  expect(compareTensors(row(102), row(100), { absolute: 0, relative: 0.01 })).toMatchObject({
    passed: false,
    smallestAbsolute: 1,
  });
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
