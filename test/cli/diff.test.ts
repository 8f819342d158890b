import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelDiff, ModelInspection } from '../../lib/artifact';
import { bytesOf, model, node, value } from '../artifact/onnx-builder';
import { modelFile, SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

test('diff exits 0 where nothing differs; a directory stands for its model', async () => {
  const { code, stdout } = await modelPipeline(['diff', SPAM_FILTER, join(SPAM_FILTER, 'model.onnx')]);
  expect(stdout).toBe('no difference: same graph, same weights\n');
  expect(code).toBe(0);
});

test('diff exits 1 with what differs', async () => {
  const file = join(temporaryDirectory(), 'model.onnx');
  const nodes = [node('Greater', ['x', 'x'], ['g']), node('Where', ['g', 'x', 'x'], ['y'])];
  writeFileSync(file, bytesOf(model({ nodes })));
  const { code, stdout } = await modelPipeline(['diff', modelFile('identity'), file, '--json']);
  expect(code).toBe(1);
  expect((JSON.parse(stdout) as ModelDiff).newBranches.map(({ operator }) => operator)).toEqual([
    'Greater',
    'Where',
  ]);
});

test('diff exits 2 where it cannot do its work', async () => {
  const { code, stderr } = await modelPipeline(['diff', modelFile('identity'), '/nowhere']);
  expect(code).toBe(2);
  expect(stderr).toContain('/nowhere: does not exist [file-missing]');
  expect((await modelPipeline(['diff', '/nowhere'])).code).toBe(2);
});

test('inspect takes sizes for its estimates', async () => {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(
    file,
    bytesOf(model({ nodes: [node('Relu', ['x'], ['y'])], inputs: [value('x', ['batch', 'n'])] })),
  );
  const { stdout } = await modelPipeline(['inspect', file, '--size', 'batch=4', '--size', 'n=3', '--json']);
  expect((JSON.parse(stdout) as ModelInspection).estimates).toEqual({
    sizes: { batch: 4, n: 3 },
    flops: 12,
    peakActivationBytes: 48,
    unknown: [],
  });
  const { code, stderr } = await modelPipeline(['inspect', file, '--size', 'batch']);
  expect(code).toBe(1);
  expect(stderr).toContain('It is a name and a whole number: batch=8.');
});
