import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(30_000);

/** Loading is the command line's first step; `plan` does nothing else that can fail. */
const load = (path: string) => modelPipeline(['plan', path, '--format', 'json']);

function fileWith(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'load-definition-'));
  for (const name of ['preprocess.py', 'train.py']) writeFileSync(join(directory, name), '');
  const file = join(directory, 'pipeline.ts');
  writeFileSync(file, content);
  return file;
}

const definition = (name: string) => `definePipeline({
  name: '${name}',
  source: __dirname,
  signature: { inputs: { x: { dtype: 'float32', shape: ['batch', 1] } }, outputs: { y: { dtype: 'float32', shape: ['batch'] } } },
  training: { framework: 'pytorch', train: {}, evaluate: { task: 'regression' }, gate: { mse: { max: 1 } } },
  deployment: { endpoint: { machine: {} } },
  monitoring: { performance: { latencyP99Ms: { critical: 1 }, errorPercent: { critical: 1 } } },
})`;
const IMPORT = "import { definePipeline } from 'cdk-model-pipeline';\n";

test('a TypeScript file gets this library, wherever it stands', async () => {
  const file = fileWith(`${IMPORT}export const tiny = ${definition('tiny')};`);
  for (const path of [file, dirname(file)]) {
    expect(JSON.parse((await load(path)).stdout)).toMatchObject({ pipeline: 'tiny' });
  }
});

test.each([
  ['export const nothing = 1;', /exports no definition/],
  [`${IMPORT}export const a = ${definition('a')};\nexport const b = ${definition('b')};`, /exports a, b/],
  ['export const = 1;', /cannot be loaded: .*Unexpected token/s],
  [`${IMPORT}export const tiny = ${definition('Tiny')};`, /name: is "Tiny"/],
])('%j is refused in words', async (content, message) => {
  const { code, stderr } = await load(fileWith(content));
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(code).toBe(1);
});

test('a directory without a definition is refused', async () => {
  expect((await load('/nowhere')).stderr).toBe(
    'definition: 1 problem\n  /nowhere: is no file, and no directory with a pipeline.ts [no-definition]\n' +
      '    fix: Name the file that defines the pipeline.\n',
  );
});
