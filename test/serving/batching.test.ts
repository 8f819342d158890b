import type { Tensor } from '../../lib/artifact';
import { joinFeeds, splitOutputs, takeBatch } from '../../lib/serving/batching';

const rows = (count: number, width = 1, first = 0): Record<string, Tensor> => ({
  x: {
    dtype: 'float32',
    shape: [count, width],
    data: Float32Array.from({ length: count * width }, (_, i) => first + i),
  },
});
const waiting = (...feeds: Record<string, Tensor>[]) => feeds.map((feed) => ({ feeds: feed, alone: false }));

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
