import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySigner, VerifiedArtifact } from '../../lib/artifact';
import type { Json } from '../../lib/pipeline';
import { type MountedRequest, runMounted } from '../../lib/program/mounted/run-mounted';
import { copyOfSpamFilter, SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { keyPair } from '../artifact/provenance/support';
import { EXPORTED, SIGNATURE } from '../program/support';
import { modelPipeline, type Outcome } from './model-pipeline';

jest.setTimeout(60_000);

const VERSION = '8bf4fa2c2110';

/** A directory that stands for the mounted bucket. */
function mount(): { bucket: string; at: (path: string) => string } {
  const bucket = temporaryDirectory();
  return { bucket, at: (path) => join(bucket, 'runs/r1', path) };
}

function program(name: string, parameters: readonly string[], env = {}): Promise<Outcome> {
  return modelPipeline(['mounted-program', '--program', name, '--step', name, ...parameters], { env });
}

function directories(option: string, named: Readonly<Record<string, string>>): string[] {
  return Object.entries(named).flatMap(([name, path]) => [option, `${name}=${path}`]);
}

function registration({ bucket, at }: ReturnType<typeof mount>): MountedRequest {
  return {
    program: 'register',
    step: 'register',
    parameters: { pipeline: 'spam-filter', runtime: 'onnx' },
    inputs: { model: SPAM_FILTER, report: SPAM_FILTER, evaluation: SPAM_FILTER },
    outputs: { version: at('register/version'), metrics: at('register/metrics') },
    publish: join(bucket, 'models'),
  };
}

const register = (store: ReturnType<typeof mount>) => runMounted(registration(store), {});

/** What the command line is told of a request. */
function optionsOf({ inputs, outputs, parameters, publish }: MountedRequest): string[] {
  return [
    ...['--parameters', JSON.stringify(parameters)],
    ...directories('--input', inputs),
    ...directories('--output', outputs),
    ...(publish === undefined ? [] : ['--publish', publish]),
  ];
}

test('a package is converted, verified, registered and measured, each once', async () => {
  const { bucket, at } = mount();
  const parameters = { signature: SIGNATURE as unknown as Json, tolerance: { absolute: 0.001 } };
  const outputs = (step: string, name: string) => ({
    [name]: at(`${step}/${name}`),
    metrics: at(`${step}/metrics`),
  });
  const convert: MountedRequest = {
    ...{ program: 'convert', step: 'convert', parameters },
    inputs: EXPORTED,
    outputs: outputs('convert', 'model'),
  };
  const run = () => program('convert', optionsOf(convert));
  expect(await run()).toEqual({ code: 0, stdout: 'convert done\n', stderr: '' });
  expect(await run()).toEqual({ code: 0, stdout: 'convert was done by an earlier try\n', stderr: '' });

  const model = at('convert/model');
  const verify: MountedRequest = {
    ...{ program: 'verify', step: 'verify', parameters },
    inputs: { model },
    outputs: outputs('verify', 'report'),
  };
  expect(await runMounted(verify, {})).toBe(true);
  const registered = registration({ bucket, at });
  const report = at('verify/report');
  await runMounted({ ...registered, inputs: { model, report, evaluation: SPAM_FILTER } }, {});
  const [version = ''] = readdirSync(join(bucket, 'models'));
  const artifact = VerifiedArtifact.fromDirectory(join(bucket, 'models', version));
  expect(artifact).toMatchObject({ pipeline: 'spam-filter', version });

  const baseline: MountedRequest = {
    ...{ program: 'baseline', step: 'baseline', parameters: {} },
    inputs: { version: at('register/version') },
    outputs: outputs('baseline', 'baseline'),
    publish: join(bucket, 'baselines'),
  };
  expect(await runMounted(baseline, {})).toBe(true);
  const file = join(bucket, 'baselines', version, 'baseline.json');
  const kept = readFileSync(file, 'utf8');
  expect(JSON.parse(kept)).toMatchObject({ pipeline: 'spam-filter', version });

  // Tries whose answer was lost before their metrics were written: nothing is measured again.
  for (const request of [verify, baseline]) {
    const metrics = at(`${request.step}/metrics/metrics.json`);
    const before = readFileSync(metrics, 'utf8');
    rmSync(metrics);
    expect(await runMounted(request, {})).toBe(true);
    expect(readFileSync(metrics, 'utf8')).toBe(before);
  }
  expect(readFileSync(file, 'utf8')).toBe(kept);
});

describe('a registration', () => {
  test('that was cut short is completed', async () => {
    const store = mount();
    await register(store);
    rmSync(store.at('register/metrics/metrics.json'));
    rmSync(join(store.bucket, 'models', VERSION, 'manifest.json'));
    expect(await register(store)).toBe(true);
    expect(VerifiedArtifact.fromDirectory(join(store.bucket, 'models', VERSION)).version).toBe(VERSION);
  });

  test('of a version that is there with the same model succeeds', async () => {
    const store = mount();
    await register(store);
    const archive = join(store.bucket, 'models', VERSION, 'model.tar.gz');
    writeFileSync(archive, 'as it was');
    const second = { ...store, at: (path: string) => join(store.bucket, 'runs/r2', path) };
    expect(await register(second)).toBe(true);
    expect(readFileSync(archive, 'utf8')).toBe('as it was');
  });

  test('of a version that is there with another model is an entry of the log', async () => {
    const store = mount();
    const target = join(store.bucket, 'models', VERSION);
    cpSync(SPAM_FILTER, target, { recursive: true });
    const manifest = join(target, 'manifest.json');
    const changed = readFileSync(manifest, 'utf8').replace(
      /("model\.onnx": \{\s*"sha256": ")[0-9a-f]{4}/,
      '$1ffff',
    );
    writeFileSync(manifest, changed);
    const { code, stderr } = await program('register', optionsOf(registration(store)));
    expect(code).toBe(1);
    const entry = JSON.parse(stderr) as { severity: string; message: string; step: string };
    expect(entry).toMatchObject({ severity: 'ERROR', step: 'register' });
    expect(entry.message).toMatch(
      /^register: .*\/models\/8bf4fa2c2110: holds a model of SHA-256 ffff[0-9a-f]{60}, not [0-9a-f]{64} \(fix: find out who/,
    );
    expect(existsSync(store.at('register'))).toBe(false);
  });

  test('never replaces what is there', async () => {
    const store = mount();
    const target = join(store.bucket, 'models', VERSION);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'model.onnx'), 'another');
    await expect(register(store)).rejects.toThrow(
      'is there already with other content, and nothing is ever overwritten',
    );
    expect(readFileSync(join(target, 'model.onnx'), 'utf8')).toBe('another');
    expect(existsSync(join(target, 'manifest.json'))).toBe(false);
  });
});

test('the report of a model that fails is kept', async () => {
  const { at } = mount();
  const model = copyOfSpamFilter();
  const file = join(model, 'golden', 'samples.json');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/("probability":\s*\{[^}]*"data":\s*\[\s*)[\d.e-]+/, '$19'),
  );
  const request = {
    program: 'verify',
    step: 'verify',
    parameters: { signature: JSON.parse(readFileSync(join(model, 'signature.json'), 'utf8')) as never },
    inputs: { model },
    outputs: { report: at('verify/report'), metrics: at('verify/metrics') },
  };
  const failure = await runMounted(request, {}).catch((error: unknown) => String(error));
  expect(failure).toContain('verification of');
  const report = join(at('verify/report'), 'verification.json');
  const first = readFileSync(report, 'utf8');
  expect(first).toContain('"failed"');
  // A further try fails alike, and leaves the report as it is.
  expect(await runMounted(request, {}).catch((error: unknown) => String(error))).toContain('verification of');
  expect(readFileSync(report, 'utf8')).toBe(first);
  expect(existsSync(at('verify/metrics'))).toBe(false);
});

test('inputs that are not there are all named', async () => {
  const { at } = mount();
  const { code, stderr } = await program('convert', [
    ...directories('--input', { onnx: at('a'), golden: at('b') }),
    ...directories('--output', { model: at('model'), metrics: at('metrics') }),
  ]);
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({
    message:
      `convert: onnx: there is nothing at ${at('a')} (fix: run the step that writes this input again); ` +
      `golden: there is nothing at ${at('b')} (fix: run the step that writes this input again)`,
  });
});

test.each([
  [['--parameters', '[]'], 'It is a JSON object.'],
  [['--parameters', '{'], 'It is a JSON object.'],
  [['--input', 'model'], 'It is a name and a directory: model=/gcs/store/model.'],
])('%j is no option', async (options, message) => {
  const { code, stderr } = await program('verify', options);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});

/** Stands for a service of Google: answers by path. */
async function listen(answer: (request: IncomingMessage, body: string) => [status: number, text: string]) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      const [status, text] = answer(request, body);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const stop = (server: Server) =>
  new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });

describe('a smoke test', () => {
  const golden = join(SPAM_FILTER, 'golden');
  const samples = (
    JSON.parse(readFileSync(join(golden, 'samples.json'), 'utf8')) as {
      samples: { input?: unknown; outputs: Record<string, { data: unknown }> }[];
    }
  ).samples;
  const asked: string[] = [];
  let metadata: Awaited<ReturnType<typeof listen>>;
  let endpoint: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    metadata = await listen(({ headers, url = '' }) => {
      if (headers['metadata-flavor'] !== 'Google') return [403, 'no'];
      return url.includes('/identity?')
        ? [200, `id-of-${url.split('audience=')[1] ?? ''}`]
        : [200, '{"access_token":"access"}'];
    });
    endpoint = await listen(({ headers, url }, body) => {
      asked.push(`${url ?? ''} ${headers.authorization ?? ''}`);
      if (url === '/broken' || body === '') return [503, 'not now'];
      const { instances } = JSON.parse(body) as { instances: unknown[] };
      const sample = samples.find(({ input }) => JSON.stringify(input) === JSON.stringify(instances[0]));
      const outputs = Object.entries(sample?.outputs ?? {}).map(([name, { data }]) => [name, data]);
      return [200, JSON.stringify({ predictions: [Object.fromEntries(outputs)] })];
    });
  });
  afterAll(async () => {
    await stop(metadata.server);
    await stop(endpoint.server);
  });

  const smokeTest = (path: string, options: readonly string[], host = metadata.host) => {
    asked.length = 0;
    const url = `http://${endpoint.host}${path}`;
    return modelPipeline(['smoke-test', golden, '--url', url, ...options], {
      env: { GCE_METADATA_HOST: host },
    });
  };

  test.each([
    [
      ['--token', 'identity'],
      () => `/invocations Bearer id-of-${encodeURIComponent(`http://${endpoint.host}`)}`,
    ],
    [['--token', 'access'], () => '/invocations Bearer access'],
    [[], () => '/invocations '],
  ])('with %j asks for every golden sample', async (options, request) => {
    const { code, stdout, stderr } = await smokeTest('/invocations', [...options, '--absolute', '0.001']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^${samples.length} samples, largest difference `));
    expect(asked).toEqual(samples.map(request));
  });

  test('fails where the endpoint does, or there is no token', async () => {
    const broken = await smokeTest('/broken', []);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('/broken: answered 503: not now [smoke-test-answer]');
    const lost = await smokeTest('/invocations', ['--token', 'access'], '127.0.0.1:1');
    expect(lost.stderr).toContain('127.0.0.1:1: gave no token: it cannot be reached [metadata-server]');
    const refused = await smokeTest('/invocations', ['--token', 'access'], endpoint.host);
    expect(refused.stderr).toContain('gave no token: it answered');
    const wrong = await smokeTest('/invocations', ['--relative', '-1']);
    expect(wrong.stderr).toContain('It is a number from 0.');
  });
});

test('versions are signed where there is a key', async () => {
  const { privatePem } = keyPair();
  const store = mount();
  expect(await runMounted(registration(store), { signer: keySigner(privatePem) })).toBe(true);
  expect(existsSync(join(store.bucket, 'models', VERSION, 'model.sig'))).toBe(true);
  // On a machine that is none of Google's, there is no token for its keys.
  const key = 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';
  const { code, stderr } = await program(
    'register',
    [...optionsOf(registration(mount())), '--signing-key', key],
    { GCE_METADATA_HOST: '127.0.0.1:1' },
  );
  expect(code).toBe(1);
  expect(stderr).toContain('gave no token: it cannot be reached');
});
