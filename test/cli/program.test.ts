import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerifiedArtifact } from '../../lib/artifact';
import type { MountedRequest } from '../../lib/program/mounted/run-mounted';
import { temporaryDirectory } from '../artifact/support';
import { BUCKET, CONFIG, Emulator } from '../aws/functions/emulator';
import { conversion, mount, registration } from '../program/mounted/support';
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
  const done = (step: string) => ({ code: 0, stdout: `${step} done\n`, stderr: '' });
  expect(runs).toEqual([done('convert'), done('verify'), done('register')]);
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
  [['--store', 'disk'], 'Allowed choices are directories, s3, mounted.'],
  [['--parameters', '['], '--parameters: are no JSON object: [ [parameters]'],
  [['--parameters', '[]'], '--parameters: are no JSON object: [] [parameters]'],
  [
    ['--data', 'd', '--publish', 'p', '--signing-key', 'k', '--input', 'model=s3://store/model/'],
    [
      'program: 4 problems',
      '  --data: is of no use with --store directories [store-option]',
      '    fix: leave it out, or give --store s3',
      '  --publish: is of no use with --store directories [store-option]',
      '    fix: leave it out, or give --store mounted',
      '  --signing-key: is of no use with --store directories [store-option]',
      '    fix: leave it out, or give --store mounted',
      '  model: got s3://store/model/, wanted a directory of this machine [store-uri]',
      '    fix: S3 takes --store s3',
    ].join('\n'),
  ],
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

describe('in a mounted store', () => {
  const run = (
    { program: name, parameters, inputs, outputs }: MountedRequest,
    further: readonly string[] = [],
  ) =>
    program(name, parameters, inputs, outputs, ['--store', 'mounted', ...further], {
      // On a machine that is none of Google's, there is no token for its keys.
      GCE_METADATA_HOST: '127.0.0.1:1',
    });

  test('a step is done once', async () => {
    const request = conversion(mount());
    expect(await run(request)).toEqual({ code: 0, stdout: 'convert done\n', stderr: '' });
    const stdout = 'convert was done by an earlier try\n';
    expect(await run(request)).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('a failure is an entry of the log', async () => {
    const store = mount();
    const at = store.at('none');
    const { code, stderr } = await run({ ...conversion(store), inputs: { onnx: at, golden: at } });
    expect(code).toBe(1);
    const missing = `there is nothing at ${at} (fix: run the step that writes this input again)`;
    const message = `convert: onnx: ${missing}; golden: ${missing}`;
    expect(JSON.parse(stderr)).toEqual({ severity: 'ERROR', step: 'convert', message });
  });

  test('versions are published, and signed with a key of Google', async () => {
    const store = mount();
    const published = ['--publish', join(store.bucket, 'models')];
    expect((await run(registration(store), published)).code).toBe(0);
    expect(readdirSync(join(store.bucket, 'models'))).toEqual(['8bf4fa2c2110']);
    const key = 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';
    const { code, stderr } = await run(registration(mount()), ['--signing-key', key]);
    expect(code).toBe(1);
    expect(stderr).toContain('gave no token: it cannot be reached');
  });
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
        ['--store', 's3', '--answer', answer, ...further],
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
    expect(Object.keys(published).sort()).toEqual(['dataDigest', 'digest', 'modelUri', 'version']);
    expect(published.modelUri).toBe(`s3://${BUCKET}/models/${published.version ?? ''}/`);
  });
});
