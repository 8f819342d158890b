import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerifiedArtifact } from '../../lib/artifact';
import { runPipeline } from '../../lib/local';
import { createServer } from '../../lib/serving';
import { createExample, PYTHON, run } from './example';

jest.setTimeout(180_000);

const example = createExample();
const { store } = example;

/** The example with some of its training changed. */
const having = (training: object, rest: object = {}) => ({
  ...example.definition,
  ...rest,
  training: { ...example.definition.training, ...training },
});

const PATH = [
  'preprocess',
  'train',
  'export',
  'evaluate',
  'gate',
  'quantize',
  'evaluate-quantize',
  'gate-quantize',
  'convert',
  'verify',
  'register',
  'approve',
  'release',
  'baseline',
];

test('a run goes through all five stages and ends with a live, verified version that answers raw text', async () => {
  const result = await run(example.definition, store);
  expect(result.failure).toBeUndefined();
  expect(result.log).toEqual(PATH.map((step) => `finished ${step}`));

  const artifact = VerifiedArtifact.fromDirectory(result.store.version(result.store.liveVersion() ?? ''));
  const server = createServer(artifact);
  const url = await server.listen({ port: 0 });
  const body = JSON.stringify({ instances: [{ text: 'Make money fast' }] });
  const response = await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(await response.json()).toEqual({
    predictions: [
      { label: expect.stringMatching(/^(ham|spam)$/) as string, probability: expect.any(Number) as number },
    ],
  });
  await server.close();
});

test('a second run with nothing changed reuses every step', async () => {
  const result = await run(example.definition, store);
  expect(result.log).toEqual(PATH.map((step) => `reused ${step}`));
  expect(readdirSync(result.store.run(result.run))).toEqual(['run.json']);
});

test('a changed hyperparameter repeats training and what follows, not preprocessing', async () => {
  const train = { hyperparameters: { epochs: 1, batchSize: 16, learningRate: 0.001 } };
  const { log } = await run(having({ train }), store);
  expect(log.slice(0, 3)).toEqual(['reused preprocess', 'finished train', 'finished export']);
});

test('a metric below its gate stops before conversion, and the live version stays', async () => {
  const live = (await run(example.definition, store)).store.liveVersion();
  const result = await run(having({ gate: { accuracy: { min: 0.999 }, recall: { min: 0 } } }), store);
  expect(result.failure?.message).toMatch(/^accuracy 0\.\d+ is below the minimum 0\.999$/);
  expect(result.log.slice(4)).toEqual(['failed gate', 'finished notify-failure']);
  expect(result.store.liveVersion()).toBe(live);
});

test('a quantised model that costs too much is rejected, and the one before it goes on', async () => {
  // Quantisation changes the loss a little; of the two directions exactly one counts as a loss.
  const goals = ['minimize', 'maximize'] as const;
  const runs = [];
  for (const goal of goals) {
    const quantize = { precision: 'int8' as const, gate: { log_loss: { maxLoss: 0, goal } } };
    runs.push(await run(having({}, { optimization: { quantize } }), store));
  }
  const sizes = runs.map((result) =>
    VerifiedArtifact.fromDirectory(result.store.version(result.store.liveVersion() ?? '')),
  );
  const accepted = runs.map(
    ({ steps }) => steps.find(({ step }) => step === 'gate-quantize')?.result.accepted,
  );
  expect(accepted.toSorted()).toEqual([false, true]);
  expect(runs.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  expect(sizes).toHaveLength(2);
});

test('a run that was stopped in training goes on with what it had finished', async () => {
  const fresh = createExample();
  const interruption = new AbortController();
  const stopped = await run(fresh.definition, fresh.store, {
    signal: interruption.signal,
    onEvent: (event) => {
      if (event.type === 'step-started' && event.step.id === 'train')
        setTimeout(() => {
          interruption.abort();
        }, 500);
    },
  });
  expect(stopped.log).toEqual(['finished preprocess', 'failed train']);
  const resumed = await run(fresh.definition, fresh.store);
  expect(resumed.failure).toBeUndefined();
  expect(resumed.log.slice(0, 2)).toEqual(['reused preprocess', 'finished train']);
});

test('outputs that were changed by hand are not reused', async () => {
  const { steps, store: made } = await run(example.definition, store);
  const directory = steps.find(({ step }) => step === 'evaluate')?.outputs.metrics?.directory ?? '';
  writeFileSync(join(made.root, directory, 'metrics.json'), '{ "accuracy": 1 }');
  const { log } = await run(example.definition, store);
  expect(log.slice(2, 4)).toEqual(['reused export', 'finished evaluate']);
});

test('a script that raises ends in one line with file, line and cause, and the log has the rest', async () => {
  const broken = createExample();
  writeFileSync(
    join(broken.source, 'train.py'),
    'def train(data_dir, model_dir, hyperparameters):\n    raise ValueError("no GPU today")\n',
  );
  const { failure, log } = await run(broken.definition, broken.store);
  expect(failure?.message).toBe('train.py:2: ValueError: no GPU today');
  expect(readFileSync(failure?.log ?? '', 'utf8')).toContain('Traceback (most recent call last)');
  expect(log).toEqual(['finished preprocess', 'failed train', 'finished notify-failure']);
});

test('a corrupt CSV ends in one line with file and line of the data', async () => {
  const broken = createExample();
  writeFileSync(join(broken.source, 'data', 'mails.csv'), 'id,group,text\neasy-ham-1/1,easy-ham-1,"cut o');
  const { failure } = await run(broken.definition, broken.store);
  expect(failure?.message).toMatch(
    /^preprocess\.py:\d+: ValueError: mails\.csv line 2: unexpected end of data$/,
  );
});

test('a step that takes too long is stopped', async () => {
  const slow = createExample();
  writeFileSync(
    join(slow.source, 'preprocess.py'),
    'import time\ndef preprocess(a, b, c):\n    time.sleep(600)\n',
  );
  const preprocess = { timeoutMinutes: 0.02 };
  const { failure } = await run(
    { ...slow.definition, training: { ...slow.definition.training, preprocess } },
    slow.store,
  );
  expect(failure?.message).toBe('did not end within 0.02 minutes');
});

test('an approval that nobody gives stops before the release', async () => {
  const deployment = { ...example.definition.deployment, approval: { approvers: ['ml@example.com'] } };
  const refused = await run(having({}, { deployment }), store);
  expect(refused.failure?.message).toMatch(
    /^version [0-9a-f]{12} was not approved; run again with --approve to approve it$/,
  );
  const approved = await run(having({}, { deployment }), store, { approve: () => Promise.resolve(true) });
  expect(approved.failure).toBeUndefined();
});

test('what this machine cannot do is refused before anything runs', async () => {
  const definition = having({ framework: 'tensorflow' }, { source: '/nowhere' });
  await expect(runPipeline(definition, { python: PYTHON, store: join(store, 'none') })).rejects.toThrow(
    'definition "spam-filter": 2 problems\n' +
      '  training.framework: is not carried out on this machine: the stage programs train and export PyTorch models [unsupported-field]\n' +
      '    fix: Choose another value than "tensorflow".\n' +
      '  training.data: /nowhere/data is not there [missing-data]\n' +
      '    fix: Put the raw data there, or name its directory.',
  );
  expect(existsSync(join(store, 'none'))).toBe(false);
});
