import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySigner, VerifiedArtifact } from '../../../lib/artifact';
import { type MountedRequest, runMounted } from '../../../lib/program/mounted/run-mounted';
import { keyPair } from '../../artifact/provenance/support';
import { copyOfSpamFilter, SPAM_FILTER } from '../../artifact/support';
import { conversion, type Mount, mount, mounted, registration } from './support';

// Models are converted and verified here.
jest.setTimeout(60_000);

const VERSION = '8bf4fa2c2110';

const register = (store: Mount) => runMounted(registration(store), {});

test('a package is converted, verified, registered and measured, each once', async () => {
  const store = mount();
  const { bucket, at } = store;
  expect(await runMounted(conversion(store), {})).toBe(true);
  expect(await runMounted(conversion(store), {})).toBe(false);

  const model = at('convert/model');
  const verify = mounted(store, 'verify', { model }, 'report');
  expect(await runMounted(verify, {})).toBe(true);
  const inputs = { model, report: at('verify/report'), evaluation: SPAM_FILTER };
  await runMounted({ ...registration(store), inputs }, {});
  const [version = ''] = readdirSync(join(bucket, 'models'));
  const artifact = VerifiedArtifact.fromDirectory(join(bucket, 'models', version));
  expect(artifact).toMatchObject({ pipeline: 'spam-filter', version });

  const baseline: MountedRequest = {
    ...mounted(store, 'baseline', { version: at('register/version') }, 'baseline', {}),
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

  test('of a version that is there with another model fails', async () => {
    const store = mount();
    const target = join(store.bucket, 'models', VERSION);
    cpSync(SPAM_FILTER, target, { recursive: true });
    const manifest = join(target, 'manifest.json');
    const changed = readFileSync(manifest, 'utf8').replace(
      /("model\.onnx": \{\s*"sha256": ")[0-9a-f]{4}/,
      '$1ffff',
    );
    writeFileSync(manifest, changed);
    await expect(register(store)).rejects.toThrow(
      /models\/8bf4fa2c2110: holds a model of SHA-256 ffff[0-9a-f]{60}, not [0-9a-f]{64} \[version-differs\]\n {4}fix: find out who/,
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
  const store = mount();
  const { at } = store;
  const model = copyOfSpamFilter();
  const file = join(model, 'golden', 'samples.json');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/("probability":\s*\{[^}]*"data":\s*\[\s*)[\d.e-]+/, '$19'),
  );
  const signature = JSON.parse(readFileSync(join(model, 'signature.json'), 'utf8')) as object;
  const request = mounted(store, 'verify', { model }, 'report', { signature });
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
  const store = mount();
  const { at } = store;
  const request = mounted(store, 'convert', { onnx: at('a'), golden: at('b') }, 'model');
  await expect(runMounted(request, {})).rejects.toThrow(
    [
      'step "convert": 2 problems',
      `  onnx: there is nothing at ${at('a')} [input-missing]`,
      '    fix: run the step that writes this input again',
      `  golden: there is nothing at ${at('b')} [input-missing]`,
      '    fix: run the step that writes this input again',
    ].join('\n'),
  );
});

test('versions are signed where there is a key', async () => {
  const store = mount();
  expect(await runMounted(registration(store), { signer: keySigner(keyPair().privatePem) })).toBe(true);
  expect(existsSync(join(store.bucket, 'models', VERSION, 'model.sig'))).toBe(true);
});
