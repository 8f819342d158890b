import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerifiedArtifact } from '../../lib/artifact';
import { temporaryDirectory } from '../artifact/support';
import { BUCKET, CONFIG, Emulator } from '../aws/functions/emulator';
import { EXPORTED, SIGNATURE } from '../program/support';
import { modelPipeline } from './model-pipeline';

// Models are converted, verified and registered here, each in a process of its own.
jest.setTimeout(120_000);

const TOLERANCE = { absolute: 1e-4, relative: 0 };

const named = (option: string, directories: Readonly<Record<string, string>>) =>
  Object.entries(directories).flatMap(([name, directory]) => [option, `${name}=${directory}`]);

/** Runs the command for a step that has the name of its program. */
function program(
  name: string,
  parameters: object,
  inputs: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  further: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const text = JSON.stringify(parameters);
  return modelPipeline(
    [
      ...['program', '--program', name, '--step', name],
      // As a job is told them: in pieces.
      ...[text.slice(0, 20), text.slice(20)].map((piece) => `--parameters=${piece}`),
      ...named('--input', inputs),
      ...named('--output', outputs),
      ...further,
    ],
    { env },
  );
}

test('runs on directories of this machine, from the exported model to a version', async () => {
  const root = temporaryDirectory();
  const at = (path: string) => join(root, path);
  mkdirSync(at('evaluation'));
  writeFileSync(at('evaluation/metrics.json'), '{"accuracy": 0.98}\n');
  const runs = [
    await program('convert', { signature: SIGNATURE }, EXPORTED, { model: at('model'), metrics: at('m1') }),
    await program(
      'verify',
      { signature: SIGNATURE, tolerance: TOLERANCE },
      { model: at('model') },
      { report: at('report'), metrics: at('m2') },
    ),
    await program(
      'register',
      { pipeline: 'spam-filter', runtime: 'onnx' },
      { model: at('model'), report: at('report'), evaluation: at('evaluation') },
      { version: at('version'), metrics: at('m3') },
    ),
  ];
  expect(runs).toEqual([1, 2, 3].map(() => ({ code: 0, stdout: '', stderr: '' })));
  expect(VerifiedArtifact.fromDirectory(at('version')).pipeline).toBe('spam-filter');
});

test('says what is wrong, and keeps it as the answer', async () => {
  const root = temporaryDirectory();
  const answer = join(root, 'output', 'message');
  const outcome = await program('convert', {}, {}, { metrics: join(root, 'metrics') }, ['--answer', answer]);
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain('parameters.signature');
  expect(readFileSync(answer, 'utf8')).toContain('parameters.signature');
});

test('keeps as much of an answer as SageMaker does, in whole characters', async () => {
  const answer = join(temporaryDirectory(), 'message');
  const { code } = await program('ü'.repeat(700), {}, {}, {}, ['--answer', answer]);
  expect(code).toBe(1);
  const bytes = readFileSync(answer);
  expect(bytes.length).toBeGreaterThan(1000);
  expect(bytes.length).toBeLessThanOrEqual(1024);
  expect(bytes.toString()).not.toContain('\ufffd');
});

test.each([
  [
    ['--input', 'model'],
    `option '--input <name=directory>' argument 'model' is invalid. It is a name, "=", and a directory.`,
  ],
  [['--parameters', '{'], '--parameters are not JSON:'],
])('refuses %j', async (words, message) => {
  const { code, stderr } = await modelPipeline([
    'program',
    '--program',
    'verify',
    '--step',
    'verify',
    ...words,
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

describe('on S3', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await Emulator.start();
  }, 60_000);
  afterAll(() => emulator.stop());

  const uri = (path: string) => `s3://${BUCKET}/run/${path}/`;
  const env = () => ({
    AWS_ENDPOINT_URL_S3: emulator.url,
    AWS_REGION: CONFIG.region,
    AWS_ACCESS_KEY_ID: CONFIG.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CONFIG.credentials.secretAccessKey,
  });

  test('does what the function does, and answers with the version', async () => {
    for (const [name, directory] of Object.entries(EXPORTED)) {
      await emulator.putDirectory(directory, `run/${name}/`);
    }
    await emulator.put('run/evaluation/metrics.json', '{"accuracy": 0.98}\n');
    await emulator.put('run/data/rows.jsonl', '{}\n');
    const answer = join(temporaryDirectory(), 'message');
    const run = (
      name: string,
      parameters: object,
      inputs: readonly string[],
      output: string,
      further: readonly string[] = [],
    ) =>
      program(
        name,
        parameters,
        Object.fromEntries(inputs.map((input) => [input, uri(input)])),
        { [output]: uri(output), metrics: uri(`${name}-metrics`) },
        ['--answer', answer, ...further],
        env(),
      );
    const convert = await run('convert', { signature: SIGNATURE }, Object.keys(EXPORTED), 'model');
    expect(convert.code).toBe(0);
    expect(JSON.parse(readFileSync(answer, 'utf8'))).toEqual({});
    await run('verify', { signature: SIGNATURE, tolerance: TOLERANCE }, ['model'], 'report');
    const inputs = ['model', 'report', 'evaluation'];
    const data = ['--data', uri('data')];
    await run('register', { pipeline: 'spam-filter', runtime: 'onnx' }, inputs, 'version', data);
    const published = JSON.parse(readFileSync(answer, 'utf8')) as Record<string, string>;
    expect(Object.keys(published).sort()).toEqual([
      'archiveUri',
      'dataDigest',
      'digest',
      'modelUri',
      'version',
    ]);
    expect(published.modelUri).toBe(`s3://${BUCKET}/models/${published.version ?? ''}/`);
  });
});
