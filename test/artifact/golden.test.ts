import { toBinary } from '@bufbuild/protobuf';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readGolden, verifyArtifact } from '../../lib/artifact';
import { TensorProtoSchema, type TensorProto } from '../../lib/artifact/onnx/onnx_pb';
import { floats, tensor } from './onnx-builder';
import { modelFile, SPAM_FILTER, temporaryDirectory } from './support';

function directoryWith(content: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'samples.json'), content);
  return directory;
}

test('reads the samples of a version', () => {
  const { producer, samples } = readGolden(join(SPAM_FILTER, 'golden'));
  expect(producer).toBe('numpy');
  expect(samples.map(({ id }) => id)).toEqual(Array.from({ length: 8 }, (_, index) => `sample-${index}`));
  expect(samples[0]?.input).toEqual({ text: 'WIN a FREE cash prize! Click now!' });
  expect(samples[0]?.tensors.tokens?.shape).toEqual([1, 256]);
  expect(samples[0]?.outputs.probability?.data[0]).toBeCloseTo(0.96023, 5);
});

test('everything wrong with the file is told at once', () => {
  const tensor = { dtype: 'float32', shape: [1, 2], data: [1, 2] };
  const samples = [
    { id: 1, tensors: { x: { ...tensor, data: [1] } }, outputs: { y: tensor } },
    { id: 'b', tensors: { x: tensor }, outputs: {} },
  ];
  const directory = directoryWith(JSON.stringify({ schemaVersion: 2, samples }));
  const file = join(directory, 'samples.json');
  const fix = '    fix: record the golden samples again with the stage program `export`';
  expect(() => readGolden(directory)).toThrow(
    [
      'golden samples: 4 problems',
      `  ${file}: schemaVersion: got 2, wanted 1 [golden-samples]`,
      fix,
      `  ${file}: samples[0].id: is not a string [golden-samples]`,
      fix,
      `  ${file}: samples[0].tensors.x.data: has 1 elements, the shape [1, 2] has 2 [tensor]`,
      '    fix: write the tensor as {dtype, shape, data} with flat, row-major data',
      `  ${file}: samples[1].outputs: holds no tensors [golden-samples]`,
      fix,
    ].join('\n'),
  );
});

test.each([
  ['{"schemaVersion": 1, "samples": []}', 'samples: holds no samples'],
  ['[]', 'holds no JSON object [json-broken]'],
  ['{', 'is not readable as JSON'],
])('refuses %s', (content, message) => {
  expect(() => readGolden(directoryWith(content))).toThrow(message);
});

test('a missing file is told', () => {
  expect(() => readGolden('/nowhere')).toThrow('/nowhere/samples.json: does not exist [file-missing]');
});

describe('test_data_set_N of ONNX', () => {
  function dataSets(sets: readonly Readonly<Record<string, TensorProto>>[]): string {
    const directory = temporaryDirectory();
    sets.forEach((files, index) => {
      const set = join(directory, `test_data_set_${index}`);
      mkdirSync(set);
      for (const [name, proto] of Object.entries(files)) {
        writeFileSync(join(set, `${name}.pb`), toBinary(TensorProtoSchema, proto));
      }
    });
    return directory;
  }

  test('is a sample each, whose tensors have the names of the files', () => {
    const directory = dataSets([
      { input_0: floats('x', [1, 2], [1, 2]), output_0: floats('y', [1, 2], [1, 2]) },
      { input_0: floats('x', [3, 4], [1, 2]), output_0: floats('', [3, 4], [1, 2]) },
    ]);
    const { producer, samples } = readGolden(directory);
    expect(producer).toBe('ONNX test data');
    expect(samples).toEqual([
      {
        id: 'test_data_set_0',
        tensors: { x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } },
        outputs: { y: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } },
      },
      {
        id: 'test_data_set_1',
        tensors: { x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) } },
        outputs: { output_0: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(3, 4) } },
      },
    ]);
  });

  test('has the names of the model where those are known, by their order', () => {
    const files = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`input_${index}`, floats('', [index])]),
    );
    const directory = dataSets([{ ...files, output_0: floats('other', [1]) }]);
    const inputs = Array.from({ length: 11 }, (_, index) => `x${index}`);
    const [sample] = readGolden(directory, { inputs, outputs: ['y'] }).samples;
    expect(Object.entries(sample?.tensors ?? {}).map(([name, { data }]) => [name, data[0]])).toEqual(
      inputs.map((name, index) => [name, index]),
    );
    expect(Object.keys(sample?.outputs ?? {})).toEqual(['y']);
  });

  test('verifies a model', async () => {
    const report = await verifyArtifact(modelFile('identity'), {
      golden: dataSets([
        { input_0: floats('', [1, 2], [1, 2]), output_0: floats('', [1, 2], [1, 2]) },
        { input_0: floats('', [1, 2], [1, 2]), output_0: floats('', [1, 3], [1, 2]) },
      ]),
    });
    const { verdict, findings } = report.checks.find(({ id }) => id === 'golden-tensors') ?? {};
    expect(verdict).toBe('failed');
    expect(findings?.[0]).toMatchObject({
      path: 'sample "test_data_set_1"',
      message: expect.stringContaining('output "y" is 2 at index 1, wanted 3') as string,
    });
  });

  test('is refused with everything that is wrong', () => {
    const bfloat16 = tensor('x', { dataType: 16, dims: [1n], int32Data: [0] });
    const directory = dataSets([
      { input_0: bfloat16, output_0: floats('y', [1], [2]) },
      { input_0: floats('x', [1]) },
      { output_0: floats('y', [1]) },
    ]);
    const fix =
      '    fix: give samples.json, test_data_set_N/{input,output}_M.pb, or .npz files with inputs/NAME and outputs/NAME';
    const set = (index: number) => join(directory, `test_data_set_${index}`);
    expect(() => readGolden(directory)).toThrow(
      [
        'golden samples: 4 problems',
        `  ${set(0)}: "x" is of type bfloat16, allowed: float16, float32, float64, int8, int16, int32, int64, uint8, bool, string [golden-samples]`,
        fix,
        `  ${join(set(0), 'output_0.pb')}: has 1 elements, the shape [2] has 2 [tensor]`,
        '    fix: write the tensor again with `onnx.numpy_helper.from_array`',
        `  ${set(1)}: holds no outputs [golden-samples]`,
        fix,
        `  ${set(2)}: holds no inputs [golden-samples]`,
        fix,
      ].join('\n'),
    );
  });
});

describe('.npz of NumPy', () => {
  let directory: string;
  beforeAll(() => {
    directory = temporaryDirectory();
    const script = `
import numpy as np
x = np.array([[1, 2]], np.float32)
np.savez('b.npz', **{'inputs/x': x, 'outputs/y': x})
np.savez_compressed('a.npz', **{'inputs/x': x + 1, 'outputs/y': x + 1})`;
    execFileSync(resolve('.venv/bin/python'), ['-c', script], { cwd: directory });
  });

  test('is a sample each', () => {
    const { producer, samples } = readGolden(directory);
    expect(producer).toBe('NumPy');
    expect(samples.map(({ id, tensors, outputs }) => [id, tensors.x?.data, outputs.y?.data])).toEqual([
      ['a', Float32Array.of(2, 3), Float32Array.of(2, 3)],
      ['b', Float32Array.of(1, 2), Float32Array.of(1, 2)],
    ]);
  });

  test('may be a single file', () => {
    expect(readGolden(join(directory, 'b.npz')).samples.map(({ id }) => id)).toEqual(['b']);
  });

  test('verifies a model', async () => {
    const report = await verifyArtifact(modelFile('identity'), { golden: directory });
    expect(report.checks.find(({ id }) => id === 'golden-tensors')?.verdict).toBe('passed');
  });

  test('is refused when it is no archive', () => {
    const file = join(temporaryDirectory(), 'broken.npz');
    writeFileSync(file, 'no archive');
    expect(() => readGolden(file)).toThrow(
      `golden samples: 1 problem\n  ${file}: is no zip archive: it has no directory [golden-samples]`,
    );
  });
});
