import { tritonConfig } from '../../lib/program/triton-config';
import { SIGNATURE } from './support';

test('Triton owns a first size that varies everywhere', () => {
  expect(tritonConfig({ name: 'spam-filter', signature: SIGNATURE, batchInvariant: true })).toBe(
    [
      'name: "spam-filter"',
      'platform: "onnxruntime_onnx"',
      'max_batch_size: 64',
      'input [ { name: "tokens" data_type: TYPE_INT64 dims: [ 256 ] } ]',
      'output [ { name: "probability" data_type: TYPE_FP32 dims: [ 1 ] } ]',
      'dynamic_batching { }',
      '',
    ].join('\n'),
  );
});

test('requests are not put together where a batch changes answers', () => {
  const config = tritonConfig({ name: 'spam-filter', signature: SIGNATURE, batchInvariant: false });
  expect(config).toContain('max_batch_size: 64');
  expect(config).not.toContain('dynamic_batching');
});

test('a fixed first size is a dimension like any other', () => {
  const signature = {
    inputs: { image: { dtype: 'uint8', shape: [1, 3, 'height', 'width'] } },
    outputs: { boxes: { dtype: 'float16', shape: ['boxes', 4] }, score: { dtype: 'float32', shape: [] } },
  } as const;
  expect(tritonConfig({ name: 'boxes', signature, batchInvariant: true }).split('\n').slice(2)).toEqual([
    'max_batch_size: 0',
    'input [ { name: "image" data_type: TYPE_UINT8 dims: [ 1, 3, -1, -1 ] } ]',
    'output [ { name: "boxes" data_type: TYPE_FP16 dims: [ -1, 4 ] } ]',
    'output [ { name: "score" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } } ]',
    '',
  ]);
});
