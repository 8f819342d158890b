import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VerifiedLanguageModel } from '../../lib/artifact';
import { runCommand } from '../../lib/cli/run';
import { checkDrift } from '../../lib/local';
import type { PipelineDefinition } from '../../lib/pipeline';
import { grammar } from '../fixtures/language-model/pipeline';
import { PYTHON, run } from './example';

jest.setTimeout(120_000);

const store = join(mkdtempSync(join(tmpdir(), 'language-model-')), 'store');

const PATH = ['preprocess', 'train', 'evaluate', 'gate', 'verify', 'register', 'approve', 'release'];

/** Not trained at all: what is measured is where training starts. */
const untrained = (training: Partial<PipelineDefinition['training']> = {}): PipelineDefinition => ({
  ...grammar,
  training: {
    ...grammar.training,
    train: { hyperparameters: { ...grammar.training.train.hyperparameters, steps: 0 } },
    ...training,
  },
});

let version: string;

test('a language model is trained, measured, verified and registered, and nothing claims that it is served', async () => {
  const result = await run(grammar, store);
  expect(result.failure).toBeUndefined();
  expect(result.log).toEqual(PATH.map((step) => `finished ${step}`));
  const release = result.steps.at(-1)?.result;
  version = release?.version ?? '';
  expect(release).toEqual({
    version,
    detail: `version ${version} is verified and registered, but NOT SERVED: vLLM needs a GPU; 2 prompts were not tried`,
    serveWith: `vllm serve ${join(store, 'models', version, 'model')} --max-model-len=64 --max-num-seqs=8 --tensor-parallel-size=1`,
  });
  expect(result.store.liveVersion()).toBeUndefined();
  expect(existsSync(join(store, 'releases'))).toBe(false);

  const { model, prompts, report, signature } = VerifiedLanguageModel.fromDirectory(
    result.store.version(version),
  );
  expect(signature).toEqual(grammar.signature);
  expect(prompts.prompts).toEqual(['the dogs near the horse', 'the cat']);
  expect(report.checks.map(({ verdict }) => verdict)).toEqual(Array(6).fill('passed'));
  expect(model.weights).toMatchObject({ parameters: 20_704, bytesByDtype: { F32: 82_816 }, tensors: 21 });
  expect(Object.keys(model.files)).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const metrics = JSON.parse(readFileSync(join(result.store.version(version), 'metrics.json'), 'utf8')) as {
    perplexity: number;
  };
  expect(metrics.perplexity).toBeLessThan(2.6);
});

test('the command says at its end that the version is not served, and what would serve it', async () => {
  const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const definition = join(__dirname, '..', 'fixtures', 'language-model', 'pipeline.ts');
  await runCommand().parseAsync([definition, '--store', store, '--python', PYTHON], { from: 'user' });
  const text = printed.mock.calls.map(([line]) => String(line)).join('');
  printed.mockRestore();
  expect(process.exitCode).toBeUndefined();
  // Reused, but the release: what is not live is told each time.
  expect(text).toMatch(/= approve +reused from run 0001/);
  expect(text).toMatch(/✓ release +\d+\.\d s {2}version \w+ is verified and registered, but NOT SERVED: /);
  expect(text).toMatch(
    new RegExp(
      `\nNOT SERVED: version ${version}, verified, in .*/models/${version}\n` +
        `serve it on a machine with a GPU: vllm serve \\S+/model --max-model-len=64 .*\n` +
        'or in a cloud: deploy the definition with ModelPipeline of cdk-model-pipeline/aws or cdk-model-pipeline/google\n$',
    ),
  );
  expect(text).not.toContain('live: ');
});

test('one that was not trained wavers between all words, and ends at the gate', async () => {
  const result = await run(untrained(), store);
  expect(result.failure?.message).toMatch(/^perplexity 3\d\.\d+ is above the maximum 2\.6$/);
  expect(result.log).toEqual([
    'reused preprocess',
    'finished train',
    'finished evaluate',
    'failed gate',
    'finished notify-failure',
  ]);
});

test('a later training starts from the weights of a version', async () => {
  const { log, failure, steps } = await run(untrained({ transferLearning: { from: { version } } }), store);
  expect(failure).toBeUndefined();
  // Weights that are the same to the last bit need not be measured again.
  expect(log.slice(0, 4)).toEqual(['reused preprocess', 'finished train', 'reused evaluate', 'reused gate']);
  expect(steps.at(-1)?.result.version).toBe(version);
});

test('a language model has no drift, whatever it was asked', async () => {
  await expect(checkDrift(grammar, { python: PYTHON, store })).rejects.toThrow(
    'signature.task: is "text-generation"; drift compares tensors [language-model]',
  );
});
