import type { Tensor } from '../../lib/artifact';
import type { Dimension, ModelSignature } from '../../lib/pipeline/definition';
import { findModel } from '../../lib/serving';
import { joinFeeds, mayBatch, splitOutputs, takeBatch } from '../../lib/serving/batching';
import { SPAM_FILTER } from './support';

const rows = (count: number, width = 1, first = 0): Record<string, Tensor> => ({
  x: {
    dtype: 'float32',
    shape: [count, width],
    data: Float32Array.from({ length: count * width }, (_, i) => first + i),
  },
});
const waiting = (...feeds: Record<string, Tensor>[]) => feeds.map((feed) => ({ feeds: feed, alone: false }));

describe('mayBatch', () => {
  const { signature, report } = findModel(SPAM_FILTER);
  const judged = (verdict: 'passed' | 'skipped') => ({
    ...report,
    checks: report.checks.map((check) => (check.id === 'batch' ? { ...check, verdict } : check)),
  });
  const shaped = (input: Dimension, output: Dimension): ModelSignature => ({
    inputs: { x: { dtype: 'float32', shape: [input, 4] } },
    outputs: { y: { dtype: 'float32', shape: [output] } },
  });

  it('is for models whose answers were found not to depend on the batch', () => {
    expect(mayBatch({ signature, report: judged('passed') })).toBe(true);
    expect(mayBatch({ signature, report: judged('skipped') })).toBe(false);
  });

  it('is for models with a row for each instance, in and out', () => {
    expect(mayBatch({ signature: shaped('n', 'n'), report })).toBe(true);
    expect(mayBatch({ signature: shaped('n', 'm'), report })).toBe(false);
    expect(mayBatch({ signature: shaped(1, 1), report })).toBe(false);
  });
});

describe('takeBatch', () => {
  it('takes from the front up to so many rows', () => {
    const queue = waiting(rows(2), rows(1), rows(2));
    expect(takeBatch(queue, 4)).toHaveLength(2);
    expect(queue).toHaveLength(1);
  });

  it('takes a request of more rows than that alone', () => {
    expect(takeBatch(waiting(rows(9), rows(1)), 4)).toHaveLength(1);
  });

  it('keeps the order: what differs in shape ends the batch', () => {
    expect(takeBatch(waiting(rows(1), rows(1, 2), rows(1)), 8)).toHaveLength(1);
  });

  it('leaves alone what must be', () => {
    const queue = waiting(rows(1), rows(1), rows(1)).map((job, index) => ({ ...job, alone: index === 1 }));
    expect(
      [takeBatch(queue, 8), takeBatch(queue, 8), takeBatch(queue, 8)].map((jobs) => jobs.length),
    ).toEqual([1, 1, 1]);
    expect(takeBatch(queue, 8)).toEqual([]);
  });
});

describe('joinFeeds and splitOutputs', () => {
  it('give each request the rows that are its own', () => {
    const feeds = [rows(1, 2, 0), rows(2, 2, 10)];
    const joined = joinFeeds(feeds);
    expect(joined.x).toMatchObject({ shape: [3, 2], data: Float32Array.of(0, 1, 10, 11, 12, 13) });
    expect(splitOutputs(joined, feeds)).toEqual(feeds);
  });

  it('fail where the outputs do not have a row for each', () => {
    expect(() => splitOutputs(rows(2), [rows(1), rows(2)])).toThrow('the outputs mix requests');
  });
});
