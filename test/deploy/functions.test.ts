import { execFileSync, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { BUCKET, CONFIG, Emulator } from '../aws/functions/emulator';

const ROOT = join(__dirname, '..', '..');
const RUNTIME = join(ROOT, 'scripts', 'emulator', 'invoke-handler.cjs');
const VERSION = join(ROOT, 'test', 'fixtures', 'versions', 'spam-filter');

let work: string;
/** As they are built, and what they hold. */
let archives: string;
let functions: string;
/** What the functions know as `/tmp`. */
let temporary: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'functions-test-'));
  archives = build('first');
  functions = unpack(archives);
  temporary = join(work, 'tmp');
  mkdirSync(temporary);
}, 60_000);

afterAll(() => {
  rmSync(work, { recursive: true });
});

function build(name: string): string {
  const out = join(work, name);
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), '--functions-only', '--out', out]);
  return join(out, 'functions');
}

function unpack(from: string): string {
  const target = join(work, 'unpacked');
  for (const name of ['feedback', 'gate', 'program', 'scaling', 'smoke-test']) {
    execFileSync('python3', ['-m', 'zipfile', '-e', join(from, `${name}.zip`), join(target, name)]);
  }
  return target;
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

function digestsOf(directory: string): Record<string, string> {
  const digest = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(directory, file)))
      .digest('hex');
  return Object.fromEntries(filesOf(directory).map((file) => [file, digest(file)]));
}

/** Calls the handler of a bundle in a process of its own, as Lambda does. */
async function invoke(directory: string, event: object, endpoint: string): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = CONFIG.credentials;
  const env = {
    PATH: process.env.PATH,
    TMPDIR: temporary,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: CONFIG.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const child = fork(RUNTIME, [directory, 'index.handler'], {
    cwd: directory,
    env,
    execArgv: [],
    silent: true,
  });
  child.send(event);
  const [answer] = (await once(child, 'message')) as [unknown];
  return answer;
}

test('the same sources give the same bytes', () => {
  expect(digestsOf(build('second'))).toEqual(digestsOf(archives));
}, 30_000);

test('bundles hold no path of the machine they were made on', () => {
  const holding = filesOf(functions).filter((file) => readFileSync(join(functions, file)).includes(ROOT));

  expect(holding).toEqual([]);
});

test('the program travels with the native runtime of Lambda’s platform and of no other', () => {
  const native = filesOf(functions).filter((file) => /\.(node|so\.1|dll|dylib)$/.test(file));

  expect(native).toEqual([
    'program/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    'program/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
  ]);
});

test('every bundled package is named with its licence', () => {
  const licenses = readFileSync(join(functions, 'program', 'LICENSES.txt'), 'utf8');

  expect(licenses).toMatch(/^@bufbuild\/protobuf \S+ \(\(Apache-2\.0 AND BSD-3-Clause\)\)/m);
  expect(licenses).toMatch(/^@huggingface\/tokenizers \S+ \(Apache-2\.0\)/m);
  expect(licenses).toMatch(/^onnxruntime-node \S+ \(MIT\)/m);
  expect(licenses).toMatch(/^tar \S+ \(BlueOak-1\.0\.0\)/m);
});

describe('a bundle alone in a directory, with nothing but the SDK of Lambda’s runtime', () => {
  let emulator: Emulator;
  let bare: string;

  beforeAll(async () => {
    emulator = await Emulator.start();
    bare = mkdtempSync(join(tmpdir(), 'bare-'));
    cpSync(functions, bare, { recursive: true });
    mkdirSync(join(bare, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', '@aws-sdk'), join(bare, 'node_modules', '@aws-sdk'));
  }, 60_000);

  afterAll(async () => {
    rmSync(bare, { recursive: true });
    await emulator.stop();
  });

  afterEach(() => {
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('verifies a model', async () => {
    await emulator.putDirectory(VERSION, 'model/');
    const signature = JSON.parse(readFileSync(join(VERSION, 'signature.json'), 'utf8')) as object;
    const event = {
      program: 'verify',
      step: 'verify',
      parameters: { signature, tolerance: { absolute: 1e-4, relative: 0 } },
      inputs: { model: `s3://${BUCKET}/model/` },
      outputs: { report: `s3://${BUCKET}/report/`, metrics: `s3://${BUCKET}/metrics/` },
    };

    const answer = await invoke(join(bare, 'program'), event, emulator.url);

    const metrics = JSON.parse(await emulator.get('metrics/metrics.json')) as object;
    expect(answer).toEqual({ result: { metrics } });
    const report = JSON.parse(await emulator.get('report/verification.json')) as object;
    const sha256 = createHash('sha256')
      .update(readFileSync(join(VERSION, 'model.onnx')))
      .digest('hex');
    expect(report).toMatchObject({ verdict: 'passed', model: { file: 'model.onnx', sha256 } });
  }, 30_000);

  test('decides a gate', async () => {
    await emulator.put('measured/metrics.json', '{"accuracy":0.5}\n');
    const rules = [{ kind: 'bounds', metric: 'accuracy', min: 0.95 }];

    const answer = await invoke(
      join(bare, 'gate'),
      { rules, metrics: `s3://${BUCKET}/measured/` },
      emulator.url,
    );

    expect(answer).toMatchObject({ result: { passed: false } });
  });

  test('says in one line what is missing for a smoke test', async () => {
    const event = { endpointName: 'none', version: `s3://${BUCKET}/none/`, tolerance: {}, runtime: 'onnx' };

    const answer = await invoke(join(bare, 'smoke-test'), event, emulator.url);

    expect(answer).toEqual({
      error: {
        name: 'input-missing',
        message:
          'golden: there is nothing at s3://artifacts/none/golden/ (fix: run the step that writes this input again)',
      },
    });
  });
});
