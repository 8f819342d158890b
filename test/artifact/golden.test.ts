import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGolden } from '../../lib/artifact';
import { SPAM_FILTER, temporaryDirectory } from './support';

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
