import { join } from 'node:path';
import { type GoldenSample, readGolden } from '../../lib/artifact';
import { parseTextProto } from '../../lib/program/parse-text-proto';
import { tritonConfig } from '../../lib/program/triton-config';
import { tritonConfigIssues } from '../../lib/program/triton-config-issues';
import { tritonWarmup } from '../../lib/program/triton-warmup';
import { PACKAGE, SIGNATURE } from './support';

const { samples } = readGolden(join(PACKAGE, 'golden'));

test('Triton runs the first golden samples before it is ready', () => {
  const { config, files } = tritonWarmup(SIGNATURE, samples);
  expect(config).toHaveLength(4);
  expect(config[0]).toBe(
    'model_warmup [ { name: "sample-0" batch_size: 1 inputs { key: "tokens" value: { data_type: TYPE_INT64 dims: [ 256 ] input_data_file: "sample-0-input-0" } } } ]',
  );
  expect(Object.keys(files)).toEqual([0, 1, 2, 3].map((index) => `sample-${index}-input-0`));
});

test('the files hold the tensors as Triton reads them', () => {
  const { files } = tritonWarmup(SIGNATURE, samples);
  const [first] = samples;
  const expected = Array.from(first?.tensors.tokens?.data as BigInt64Array);
  const bytes = files['sample-0-input-0'] ?? Buffer.alloc(0);
  expect(expected.map((_, index) => bytes.readBigInt64LE(8 * index))).toEqual(expected);
  expect(bytes.length).toBe(8 * expected.length);
});

test('shapes are whole where Triton does not own the first size, and a scalar is one element', () => {
  const signature = {
    inputs: { image: { dtype: 'uint8', shape: [1, 2] }, scale: { dtype: 'string', shape: [] } },
    outputs: { score: { dtype: 'float32', shape: [1] } },
  } as const;
  const sample: GoldenSample = {
    id: 'one',
    tensors: {
      image: { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(7, 8) },
      scale: { dtype: 'string', shape: [], data: ['é'] },
    },
    outputs: {},
  };
  const { config, files } = tritonWarmup(signature, [sample]);
  expect(config).toEqual([
    'model_warmup [ { name: "sample-0" batch_size: 1 ' +
      'inputs { key: "image" value: { data_type: TYPE_UINT8 dims: [ 1, 2 ] input_data_file: "sample-0-input-0" } } ' +
      'inputs { key: "scale" value: { data_type: TYPE_STRING dims: [ 1 ] input_data_file: "sample-0-input-1" } } } ]',
  ]);
  expect(files['sample-0-input-0']).toEqual(Buffer.from([7, 8]));
  expect(files['sample-0-input-1']).toEqual(Buffer.from([2, 0, 0, 0, 0xc3, 0xa9]));
});

test('is the last part of the configuration', () => {
  const { config } = tritonWarmup(SIGNATURE, samples.slice(0, 1));
  const text = tritonConfig({
    name: 'spam-filter',
    signature: SIGNATURE,
    batchInvariant: true,
    warmup: config,
  });
  expect(text.split('\n').slice(-3)).toEqual(['dynamic_batching { }', config[0], '']);
});

test('makes a configuration that Triton can read, for the same signature', () => {
  const { config } = tritonWarmup(SIGNATURE, samples);
  const text = tritonConfig({
    name: 'spam-filter',
    signature: SIGNATURE,
    batchInvariant: true,
    warmup: config,
  });
  expect(tritonConfigIssues(text, SIGNATURE)).toEqual([]);
  expect(parseTextProto(text, 'config.pbtxt').get('model_warmup')).toHaveLength(4);
});
