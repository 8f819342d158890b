import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExample, PYTHON } from '../local/example';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

test('Ctrl-C stops a run with a word on how to go on, and exit code 130', async () => {
  const { source, store } = createExample();
  const file = join(source, 'pipeline.ts');
  const example = join(process.cwd(), 'examples/spam-filter/pipeline');
  writeFileSync(
    file,
    `import { spamFilter } from '${example}';\nexport const definition = { ...spamFilter, source: __dirname };\n`,
  );
  const args = ['run', file, '--store', store, '--python', PYTHON];
  const { code, stdout, stderr } = await modelPipeline(args, {
    onOutput: (text, kill) => {
      if (text.includes('… train')) kill('SIGINT');
    },
  });
  expect(stdout).toContain('✓ preprocess');
  expect(stderr).toBe('interrupted; run the same command again to go on from here\n');
  expect(code).toBe(130);
});

test('a definition with problems ends with all of them and exit code 1', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-'));
  writeFileSync(
    join(directory, 'pipeline.ts'),
    "export const broken = { name: 'x', training: {}, deployment: {} };\n",
  );
  const { code, stdout, stderr } = await modelPipeline(['run', directory]);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^definition "x": \d+ problems\n/);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(1);
});

test('what verification finds is told once, and in one line at the end', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-'));
  const fixture = join(process.cwd(), 'test/fixtures/language-model/pipeline');
  writeFileSync(
    join(directory, 'pipeline.ts'),
    `import { grammar } from '${fixture}';
     const { signature, training } = grammar;
     const train = { hyperparameters: { steps: 1, batchSize: 1, learningRate: 0.01 } };
     export const definition = {
       ...grammar,
       signature: { ...signature, layers: 3 },
       training: { ...training, train, gate: { perplexity: { max: 1e9 } } },
     };\n`,
  );
  const store = join(directory, 'store');
  const { code, stdout, stderr } = await modelPipeline([
    'run',
    directory,
    '--store',
    store,
    '--python',
    PYTHON,
  ]);
  expect(stdout).toContain('num_hidden_layers: is 2; the signature declares layers 3');
  expect(stderr).toMatch(/^run 0001 failed: verification of \S+: 1 problem\n$/);
  expect(code).toBe(1);
});

test('the plan is printed as a flowchart, or as JSON', async () => {
  expect((await modelPipeline(['plan', 'examples/spam-filter'])).stdout).toMatch(
    /^flowchart TB\n {2}subgraph training\n/,
  );
  const { stdout } = await modelPipeline(['plan', 'examples/spam-filter', '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    pipeline: 'spam-filter',
    start: 'preprocess',
  });
});
