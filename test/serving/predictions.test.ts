import type { Tensor } from '../../lib/artifact';
import { predictionsOf } from '../../lib/serving/predictions';

const floats = (shape: number[], ...data: number[]): Tensor => ({
  dtype: 'float64',
  shape,
  data: Float64Array.from(data),
});

describe('predictionsOf', () => {
  it('gives one element an instance as it is, more as nested lists', () => {
    const outputs = { score: floats([2, 1], 0.25, 0.75), box: floats([2, 2, 2], 1, 2, 3, 4, 5, 6, 7, 8) };
    expect(predictionsOf(outputs, 2)).toEqual([
      {
        score: 0.25,
        box: [
          [1, 2],
          [3, 4],
        ],
      },
      {
        score: 0.75,
        box: [
          [5, 6],
          [7, 8],
        ],
      },
    ]);
  });

  it('writes every kind of element as JSON can carry it', () => {
    const outputs: Record<string, Tensor> = {
      flag: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      count: { dtype: 'int64', shape: [2], data: BigInt64Array.of(7n, 2n ** 60n) },
      word: { dtype: 'string', shape: [2, 1], data: ['a', 'b'] },
      half: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0x7e00) },
    };
    expect(predictionsOf(outputs, 2)).toEqual([
      { flag: true, count: 7, word: 'a', half: 1 },
      { flag: false, count: '1152921504606846976', word: 'b', half: 'NaN' },
    ]);
  });

  it.each([
    [
      'the highest of one score a label',
      floats([2, 3], 0.1, 0.2, 0.7, 0.5, 0.4, 0.1),
      ['a', 'b', 'c'],
      ['c', 'a'],
    ],
    [
      'the second of two labels from 0.5 on',
      floats([3, 1], 0.49, 0.5, 1),
      ['ham', 'spam'],
      ['ham', 'spam', 'spam'],
    ],
    [
      'none where one score is no probability',
      floats([2, 1], -3.5, 7),
      ['ham', 'spam'],
      [undefined, undefined],
    ],
    ['none where a score is no number', floats([1, 2], NaN, 1), ['ham', 'spam'], [undefined]],
    [
      'none where scores and labels differ in number',
      floats([1, 4], 1, 2, 3, 4),
      ['a', 'b', 'c'],
      [undefined],
    ],
  ])('labels %s', (_, scores, labels, expected) => {
    const rows = scores.shape[0] ?? 0;
    expect(predictionsOf({ scores }, rows, labels).map(({ label }) => label)).toEqual(expected);
  });

  it('labels nothing where two outputs could be the scores, or the model has a label of its own', () => {
    const scores = floats([1, 2], 0.1, 0.9);
    expect(predictionsOf({ a: scores, b: scores }, 1, ['x', 'y'])[0]?.label).toBeUndefined();
    expect(predictionsOf({ label: scores }, 1, ['x', 'y'])[0]?.label).toEqual([0.1, 0.9]);
  });

  it('fails where an output has no row for each instance', () => {
    expect(() => predictionsOf({ total: floats([1], 5) }, 2)).toThrow(
      'output "total" has the shape [1] for 2 instances',
    );
  });
});
