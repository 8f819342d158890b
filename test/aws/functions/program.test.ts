import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { createHandler, type ProgramEvent } from '../../../lib/aws/functions/program';
import { BUCKET, Emulator } from './emulator';

const FIXTURES = join(__dirname, '..', '..', 'fixtures');
/** What `export` and `preprocess` write. */
const EXPORTED = join(FIXTURES, 'packages', 'spam-filter');
const VERSION = join(FIXTURES, 'versions', 'spam-filter');
const SIGNATURE = {
  inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } },
  outputs: { probability: { dtype: 'float32', shape: ['batch', 1] } },
};

// Real models are converted and verified here.
jest.setTimeout(60_000);

let emulator: Emulator;

beforeAll(async () => {
  emulator = await Emulator.start();
}, 60_000);

afterAll(() => emulator.stop());

beforeEach(() => emulator.delete('models/'));

const uri = (path: string) => `s3://${BUCKET}/${path}/`;

function convertEvent(run: string): ProgramEvent {
  return {
    program: 'convert',
    step: 'convert',
    parameters: { signature: SIGNATURE },
    inputs: {
      onnx: uri(`${run}/onnx`),
      golden: uri(`${run}/golden`),
      preprocessing: uri(`${run}/preprocessing`),
    },
    outputs: { model: uri(`${run}/model`), metrics: uri(`${run}/convert-metrics`) },
  };
}

function verifyEvent(run: string): ProgramEvent {
  return {
    program: 'verify',
    step: 'verify',
    parameters: { signature: SIGNATURE, tolerance: { absolute: 1e-4, relative: 0 } },
    inputs: { model: uri(`${run}/model`) },
    outputs: { report: uri(`${run}/report`), metrics: uri(`${run}/verify-metrics`) },
  };
}

function registerEvent(run: string, output = run): ProgramEvent {
  return {
    program: 'register',
    step: 'register',
    parameters: { pipeline: 'spam-filter', runtime: 'onnx' },
    inputs: {
      model: uri(`${run}/model`),
      report: uri(`${run}/report`),
      evaluation: uri(`${run}/evaluation`),
    },
    outputs: { version: uri(`${output}/version`), metrics: uri(`${output}/register-metrics`) },
  };
}

/** What a run holds once its package is verified. */
async function putVerified(run: string): Promise<void> {
  for (const directory of ['golden', 'preprocessing']) {
    await emulator.putDirectory(join(VERSION, directory), `${run}/model/${directory}/`);
  }
  for (const file of ['model.onnx', 'signature.json']) {
    await emulator.put(`${run}/model/${file}`, readFileSync(join(VERSION, file)));
  }
  await emulator.put(`${run}/report/verification.json`, readFileSync(join(VERSION, 'verification.json')));
  await emulator.put(`${run}/evaluation/metrics.json`, readFileSync(join(VERSION, 'metrics.json')));
}

/** The same S3, whose writes are seen, and fail, before they are sent. */
function watchWrites(onWrite: (key: string) => void): S3Client {
  const s3 = emulator.client();
  s3.middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'PutObjectCommand') {
        onWrite((args.input as PutObjectCommandInput).Key ?? '');
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  return s3;
}

test('convert, verify and register lead from an exported model to a published version', async () => {
  const run = 'runs/first';
  const handler = createHandler(emulator.s3);
  await emulator.putDirectory(EXPORTED, `${run}/`);
  await emulator.put(`${run}/evaluation/metrics.json`, '{"accuracy":0.98}\n');

  await handler(convertEvent(run));
  expect(await emulator.list(`${run}/model/`)).toEqual([
    'golden/samples.json',
    'model.onnx',
    'preprocessing/preprocessing.json',
    'preprocessing/tokenizer.json',
    'signature.json',
  ]);

  const verified = await handler(verifyEvent(run));
  const report = JSON.parse(await emulator.get(`${run}/report/verification.json`)) as { verdict: string };
  expect(report.verdict).toBe('passed');
  expect(verified.metrics).toEqual(JSON.parse(await emulator.get(`${run}/verify-metrics/metrics.json`)));

  const { metrics, version = '', ...published } = await handler(registerEvent(run));
  const model = await emulator.getBytes(`${run}/model/model.onnx`);
  expect(version).toMatch(/^[0-9a-f]{12}$/);
  expect(published).toEqual({
    digest: createHash('sha256').update(model).digest('hex'),
    modelUri: `s3://artifacts/models/${version}/`,
  });
  expect(metrics.model_bytes).toBe(model.length);
  const files = await emulator.list(`models/${version}/`);
  expect(files).toEqual(await emulator.list(`${run}/version/`));
  const manifest = JSON.parse(await emulator.get(`models/${version}/manifest.json`)) as { files: object };
  expect([...Object.keys(manifest.files), 'manifest.json'].sort()).toEqual(files);
});

test('a version becomes visible last: its manifest is written after every other file', async () => {
  await putVerified('runs/order');
  const keys: string[] = [];
  const handler = createHandler(watchWrites((key) => keys.push(key)));

  const { version = '' } = await handler(registerEvent('runs/order'));

  const published = keys.filter((key) => key.startsWith('models/'));
  expect(published.length).toBe(10);
  expect(published.at(-1)).toBe(`models/${version}/manifest.json`);
});

test('a registration that is cut short leaves no manifest, and one more try completes it', async () => {
  await putVerified('runs/cut');
  const dying = watchWrites((key) => {
    if (/^models\/.*\/signature\.json$/.test(key)) throw new Error('connection lost');
  });

  await expect(createHandler(dying)(registerEvent('runs/cut'))).rejects.toThrow('connection lost');
  const left = await emulator.list('models/');
  expect(left.length).toBeGreaterThan(0);
  expect(left.filter((key) => key.endsWith('/manifest.json'))).toEqual([]);

  const { version = '' } = await createHandler(emulator.s3)(registerEvent('runs/cut'));
  expect(await emulator.list(`models/${version}/`)).toContain('manifest.json');
});

test('registering the same model again answers with the version that is there and writes nothing to it', async () => {
  await putVerified('runs/again');
  const first = await createHandler(emulator.s3)(registerEvent('runs/again', 'runs/again-1'));
  await emulator.put('runs/again/evaluation/metrics.json', '{"accuracy":0.97}\n');
  const keys: string[] = [];
  const handler = createHandler(watchWrites((key) => keys.push(key)));

  const second = await handler(registerEvent('runs/again', 'runs/again-2'));

  expect({ ...second, metrics: {} }).toEqual({ ...first, metrics: {} });
  expect(keys.filter((key) => key.startsWith('models/'))).toEqual([]);
});

test('a version that holds another model than it should is an error', async () => {
  await putVerified('runs/tampered');
  const handler = createHandler(emulator.s3);
  const { version = '', digest = '' } = await handler(registerEvent('runs/tampered', 'runs/tampered-1'));
  const key = `models/${version}/manifest.json`;
  await emulator.put(key, (await emulator.get(key)).replace(digest, 'f'.repeat(64)));

  await expect(handler(registerEvent('runs/tampered', 'runs/tampered-2'))).rejects.toMatchObject({
    name: 'version-differs',
    message: `s3://artifacts/models/${version}/: holds a model of SHA-256 ${'f'.repeat(64)}, not ${digest} (fix: find out who changed the store; a version never changes)`,
  });
});

test('a try that comes twice finds its own outputs and succeeds', async () => {
  const handler = createHandler(emulator.s3);
  await emulator.putDirectory(EXPORTED, 'runs/twice/');

  const first = await handler(convertEvent('runs/twice'));
  const second = await handler(convertEvent('runs/twice'));

  expect(second).toEqual(first);
});

test('a verification whose answer was lost is not measured again: its report stands', async () => {
  const handler = createHandler(emulator.s3);
  await putVerified('runs/lost');
  await emulator.delete('runs/lost/report/');
  const first = await handler(verifyEvent('runs/lost'));
  const report = await emulator.get('runs/lost/report/verification.json');

  expect(await handler(verifyEvent('runs/lost'))).toEqual(first);
  // Cut off between its report and its metrics, too.
  await emulator.delete('runs/lost/verify-metrics/');
  expect(await handler(verifyEvent('runs/lost'))).toEqual(first);
  expect(await emulator.get('runs/lost/report/verification.json')).toBe(report);
});

test('a report of other bytes does not stand for a verification', async () => {
  await putVerified('runs/foreign');
  const other = join(FIXTURES, 'versions', 'spam-filter-changed', 'verification.json');
  await emulator.put('runs/foreign/report/verification.json', readFileSync(other));

  await expect(createHandler(emulator.s3)(verifyEvent('runs/foreign'))).rejects.toMatchObject({
    name: 'object-exists',
  });
});

test('the data that a version was trained on is told by its content and its names', async () => {
  await putVerified('runs/data');
  await emulator.put('runs/data/a/train.csv', '1,2\n');
  await emulator.put('runs/data/b/train.csv', '1,2\n');
  await emulator.put('runs/data/c/train.csv', '1,3\n');
  await emulator.put('runs/data/d/test.csv', '1,2\n');
  const digests = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (name) => {
      const event = {
        ...registerEvent('runs/data', `runs/data/${name}-out`),
        data: uri(`runs/data/${name}`),
      };
      return (await createHandler(emulator.s3)(event)).dataDigest;
    }),
  );

  const [a, b, c, d] = digests;
  expect(a).toMatch(/^[0-9a-f]{64}$/);
  expect(b).toBe(a);
  expect(new Set([a, c, d]).size).toBe(3);
});

test('an output that is there with other content is never overwritten', async () => {
  await emulator.putDirectory(EXPORTED, 'runs/taken/');
  await emulator.put('runs/taken/model/signature.json', 'someone else’s');

  await expect(createHandler(emulator.s3)(convertEvent('runs/taken'))).rejects.toMatchObject({
    name: 'object-exists',
    message:
      's3://artifacts/runs/taken/model/signature.json: is there already with other content, and nothing is ever overwritten (fix: start a new run; delete first what a registration that was cut short left in models/)',
  });
  expect(await emulator.get('runs/taken/model/signature.json')).toBe('someone else’s');
});

test('a model that fails verification ends in one readable line and leaves its report', async () => {
  const run = 'runs/wrong';
  await emulator.putDirectory(EXPORTED, `${run}/`);
  await emulator.putDirectory(join(FIXTURES, 'packages', 'spam-filter-changed', 'golden'), `${run}/golden/`);
  const handler = createHandler(emulator.s3);
  await handler(convertEvent(run));

  const failure = await handler(verifyEvent(run)).catch((error: unknown) => error as Error);

  expect(failure).toMatchObject({
    name: 'golden-tensors',
    message: expect.not.stringContaining('\n') as string,
  });
  expect(failure).toMatchObject({ message: expect.not.stringContaining(tmpdir()) as string });
  const report = JSON.parse(await emulator.get(`${run}/report/verification.json`)) as { verdict: string };
  expect(report.verdict).toBe('failed');
  expect(await emulator.list(`${run}/verify-metrics/`)).toEqual([]);
});

test('an input that is not there is named', async () => {
  await expect(createHandler(emulator.s3)(verifyEvent('runs/none'))).rejects.toMatchObject({
    name: 'input-missing',
    message:
      'model: there is nothing at s3://artifacts/runs/none/model/ (fix: run the step that writes this input again)',
  });
});

test('a key that leads out of its directory is refused', async () => {
  await emulator.put('runs/escape/model/../../../evil.txt', 'x');

  await expect(createHandler(emulator.s3)(verifyEvent('runs/escape'))).rejects.toMatchObject({
    name: 'input-path',
    message:
      'model: the key "runs/escape/model/../../../evil.txt" of artifacts leads out of its directory (fix: run the step that writes this input again)',
  });
});

test('a location that is no S3 URI is refused', async () => {
  const event = { ...verifyEvent('runs/uri'), inputs: { model: '/tmp/model' } };

  await expect(createHandler(emulator.s3)(event)).rejects.toMatchObject({
    name: 's3-uri',
    message:
      'model: got "/tmp/model", wanted s3://bucket/path/ (fix: name a directory of the artifact store)',
  });
});

test('a baseline is kept once for each version', async () => {
  await emulator.putDirectory(VERSION, 'runs/baseline/version/');
  const { version } = JSON.parse(readFileSync(join(VERSION, 'manifest.json'), 'utf8')) as { version: string };
  const measure = (run: string) =>
    createHandler(emulator.s3)({
      program: 'baseline',
      step: 'baseline',
      parameters: {},
      inputs: { version: uri('runs/baseline/version') },
      outputs: { baseline: uri(`${run}/baseline`), metrics: uri(`${run}/metrics`) },
    });
  await measure('runs/baseline-1');
  const first = await emulator.get(`baselines/${version}/baseline.json`);
  await measure('runs/baseline-2');

  expect(JSON.parse(first)).toMatchObject({ schemaVersion: 1, pipeline: 'spam-filter', version });
  expect(await emulator.get(`baselines/${version}/baseline.json`)).toBe(first);
  // A measurement whose answer was lost stands.
  await expect(measure('runs/baseline-2')).resolves.toMatchObject({ metrics: { samples: 8 } });
});
