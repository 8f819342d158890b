import fc from 'fast-check';
import { describeDistribution } from '../../lib/program/distribution';

test('describes how values spread', () => {
  const values = Array.from({ length: 101 }, (_, index) => index);
  const { histogram, ...figures } = describeDistribution(values.reverse());
  expect(figures).toMatchObject({
    count: 101,
    mean: 50,
    min: 0,
    max: 100,
    quantiles: { '0.01': 1, '0.05': 5, '0.25': 25, '0.5': 50, '0.75': 75, '0.99': 99 },
  });
  expect(figures.std).toBeCloseTo(29.1548, 4);
  expect(histogram.edges).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(histogram.counts).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 11]);
});

test('values that are all the same fall into one bin', () => {
  const { std, histogram } = describeDistribution([2, 2, 2]);
  expect(std).toBe(0);
  expect(histogram).toEqual({ edges: new Array(11).fill(2), counts: [3, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
});

test('every value is counted once, and the quantiles lie between the extremes', () => {
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(values, (sample) => {
      const { count, min, max, quantiles, histogram } = describeDistribution(sample);
      expect(histogram.counts.reduce((sum, value) => sum + value, 0)).toBe(count);
      for (const value of Object.values(quantiles)) expect(value >= min && value <= max).toBe(true);
    }),
  );
});
