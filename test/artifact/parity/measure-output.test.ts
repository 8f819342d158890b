import fc from 'fast-check';
import type { Tensor } from '../../../lib/artifact';
import { measureOutput, type OutputMeasures } from '../../../lib/artifact/parity/measure-output';
import { roundedUp } from '../../../lib/artifact/parity/numbers';
import { elementLimits } from '../../../lib/artifact/parity/tolerance';

const EXACT = { absolute: 0, relative: 0, norm: 0 };

function row(...values: readonly number[]): Tensor {
  return { dtype: 'float64', shape: [values.length], data: Float64Array.from(values) };
}

function measure(reference: Tensor, candidate: Tensor, limits = EXACT, k = 1): OutputMeasures {
  return measureOutput([{ sample: 'a', reference, candidate }], limits, k);
}

test('tells the worst element, and in each measure what would pass', () => {
  expect(measure(row(1, 4, 8), row(1, 4.5, 8.25))).toEqual({
    dtypes: { reference: 'float64', candidate: 'float64' },
    samples: 1,
    elements: 3,
    samplesOutside: 1,
    maxAbsolute: 0.5,
    worst: { sample: 'a', index: 1, reference: '4', candidate: '4.5' },
    smallestAbsolute: 0.5,
    smallestRelative: 0.125,
    smallestNorm: 0.0625,
    snrDb: 10 * Math.log10(81 / 0.3125),
    cosine: 85 / (9 * Math.sqrt(1 + 4.5 ** 2 + 8.25 ** 2)),
    topK: { k: 1, agreement: 1 },
    histogram: {
      upTo: [0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1],
      counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
    },
  });
});

test('a norm-wise limit takes the largest element as its measure, a relative one each its own', () => {
  const [reference, candidate] = [row(0.001, 100), row(0.002, 100)];
  expect(measure(reference, candidate, { ...EXACT, norm: 1e-4 }).samplesOutside).toBe(0);
  expect(measure(reference, candidate, { ...EXACT, relative: 1e-4 }).samplesOutside).toBe(1);
});

test('no difference at all', () => {
  expect(measure(row(1, NaN, Infinity), row(1, NaN, Infinity))).toMatchObject({
    maxAbsolute: 0,
    samplesOutside: 0,
    snrDb: Infinity,
    histogram: { upTo: [0], counts: [3] },
  });
  expect(measure(row(0, 0), row(0, 0)).cosine).toBe(1);
  expect(measure(row(0, 0), row(0, 1)).cosine).toBe(0);
});

test.each([
  ['NaN for a number', row(1), row(NaN)],
  ['a number for NaN', row(NaN), row(1)],
  ['a number for infinity', row(Infinity), row(1e300)],
  ['minus infinity for infinity', row(Infinity), row(-Infinity)],
])('%s is as far as can be', (_, reference, candidate) => {
  expect(measure(reference, candidate, { absolute: 1e9, relative: 1, norm: 1 })).toMatchObject({
    samplesOutside: 1,
    smallestAbsolute: Infinity,
    smallestRelative: Infinity,
    histogram: { counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
  });
});

test('texts are equal or not', () => {
  const words = (...data: string[]): Tensor => ({ dtype: 'string', shape: [data.length], data });
  expect(measure(words('a', 'b'), words('a', 'c'))).toMatchObject({
    maxAbsolute: Infinity,
    worst: { index: 1, reference: 'b', candidate: 'c' },
  });
  expect(measure(words('a'), words('a')).samplesOutside).toBe(0);
});

test('64-bit integers and float16 are told as they are', () => {
  const long = (value: bigint): Tensor => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(value) });
  expect(measure(long(2n ** 60n), long(1n)).worst).toMatchObject({
    reference: '1152921504606846976',
    candidate: '1',
  });
  const half = (bits: number): Tensor => ({ dtype: 'float16', shape: [1], data: Uint16Array.of(bits) });
  expect(measure(half(0x3c00), half(0x4000)).worst).toMatchObject({ reference: '1', candidate: '2' });
});

describe('agreement of the k largest', () => {
  const rows = (values: readonly number[], shape: readonly number[]): Tensor => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(values),
  });

  test('counts rows along the last dimension', () => {
    const reference = rows([1, 2, 3, 3, 2, 1], [2, 3]);
    const candidate = rows([1, 3, 2, 3, 2, 1], [2, 3]);
    expect(measure(reference, candidate, EXACT, 1).topK).toEqual({ k: 1, agreement: 0.5 });
    expect(measure(reference, candidate, EXACT, 2).topK).toEqual({ k: 2, agreement: 1 });
  });

  test('equal values may stand for each other, NaN is never largest', () => {
    expect(measure(rows([2, 2, 1], [3]), rows([1, 2, 1], [3]), EXACT, 1).topK.agreement).toBe(1);
    expect(measure(rows([1, 2], [2]), rows([NaN, 2], [2]), EXACT, 1).topK.agreement).toBe(1);
  });

  test('an empty tensor agrees', () => {
    expect(measure(rows([], [0]), rows([], [0]), EXACT, 1).topK.agreement).toBe(1);
  });
});

test('what is told to pass does pass, in every measure', () => {
  const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, finite), { minLength: 1 }), (pairs) => {
      const [reference, candidate] = [row(...pairs.map(([a]) => a)), row(...pairs.map(([, b]) => b))];
      const { smallestAbsolute, smallestRelative, smallestNorm } = measure(reference, candidate);
      const passes = (limits: Partial<typeof EXACT>) =>
        Object.values(limits).every((limit) => limit === Infinity) ||
        measure(reference, candidate, { ...EXACT, ...limits }).smallestAbsolute <=
          1e-9 + (limits.absolute ?? 0);
      return (
        passes({ absolute: smallestAbsolute }) &&
        passes({ relative: smallestRelative }) &&
        passes({ norm: smallestNorm }) &&
        Number(roundedUp(smallestAbsolute)) >= smallestAbsolute
      );
    }),
  );
});

describe('the limits of an output', () => {
  test.each([
    ['float32', { absolute: 1e-4, relative: 0, norm: 0 }],
    ['float16', { absolute: 2 ** -10, relative: 2 ** -10, norm: 0 }],
    ['int64', EXACT],
    ['bool', EXACT],
    ['string', EXACT],
  ] as const)('%s', (dtype, limits) => {
    expect(elementLimits(undefined, [dtype, dtype])).toEqual(limits);
  });

  test('are those of the coarser type of the two', () => {
    expect(elementLimits(undefined, ['float32', 'float16'])?.absolute).toBe(2 ** -10);
  });

  test('are what is given, and none where only another measure is', () => {
    expect(elementLimits({ norm: 1e-3 }, ['float32'])).toEqual({ ...EXACT, norm: 1e-3 });
    expect(elementLimits({ minSnrDb: 20 }, ['float32'])).toBeUndefined();
  });
});
