import { concatBatch, sliceBatch, type Tensor } from '../../lib/artifact';
import { float32 } from './support';

test('tensors join along their first dimension', () => {
  const joined = concatBatch([float32([1, 2], [1, 2]), float32([2, 2], [3, 4, 5, 6])]);
  expect(joined.shape).toEqual([3, 2]);
  expect([...joined.data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('strings and 64-bit integers join as well', () => {
  const strings = ['a', 'b'].map((text): Tensor => ({ dtype: 'string', shape: [1], data: [text] }));
  expect(concatBatch(strings)).toEqual({ dtype: 'string', shape: [2], data: ['a', 'b'] });
  const longs = [1n, 2n].map(
    (value) => ({ dtype: 'int64', shape: [1], data: BigInt64Array.of(value) }) as const,
  );
  expect([...concatBatch(longs).data]).toEqual([1n, 2n]);
});

test('a slice is rows of the first dimension', () => {
  const slice = sliceBatch(float32([3, 2], [1, 2, 3, 4, 5, 6]), 1, 3);
  expect(slice.shape).toEqual([2, 2]);
  expect([...slice.data]).toEqual([3, 4, 5, 6]);
});

test.each([
  [[], 'batch: there is no tensor to join'],
  [
    [float32([1, 2], [1, 2]), float32([1, 3], [1, 2, 3])],
    'tensor 1 is float32 [batch, 3], tensor 0 is float32 [batch, 2]',
  ],
  [[float32([], [1])], 'tensor 0 is a scalar, which has no rows to join'],
])('refuses what does not fit', (tensors, message) => {
  expect(() => concatBatch(tensors)).toThrow(message);
});
