import { chmodSync, cpSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { list, x as extract } from 'tar';
import { keySigner, readManifest, VerifiedArtifact } from '../../lib/artifact';
import { listFiles } from '../../lib/artifact/manifest';
import { provenanceIssues } from '../../lib/artifact/provenance/verify-signature';
import { baseline, register, type Baseline } from '../../lib/program';
import { digestsOf, keyPair } from '../artifact/provenance/support';
import { copyOfSpamFilter, FIXTURES, SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { output, registerRequest, requestOf } from './support';

jest.setTimeout(30_000);

async function entriesOf(
  archive: string,
): Promise<{ path: string; mode?: number; mtime?: Date; uid?: number }[]> {
  const entries: { path: string; mode?: number; mtime?: Date; uid?: number }[] = [];
  await list({
    file: archive,
    onReadEntry: ({ path, mode, mtime, uid }) => entries.push({ path, mode, mtime, uid }),
  });
  return entries;
}

test('completes a package to a version that VerifiedArtifact takes', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  const metrics = await register(request);
  const version = output(request, 'version');
  const artifact = VerifiedArtifact.fromDirectory(version);
  expect(artifact).toMatchObject({ pipeline: 'spam-filter', runtime: 'onnx', version: '8bf4fa2c2110' });
  expect(metrics).toMatchObject({ model_bytes: 1405, files: 9 });
  expect(readFileSync(join(version, 'metrics.json'), 'utf8')).toBe('{"accuracy": 0.98}\n');
});

test('the archive holds the files as they are, without owner, time or umask', async () => {
  const source = copyOfSpamFilter();
  chmodSync(join(source, 'model.onnx'), 0o700);
  const requests = [registerRequest(SPAM_FILTER, SPAM_FILTER), registerRequest(source, source)];
  for (const request of requests) await register(request);
  const archives = requests.map((request) => join(output(request, 'version'), 'model.tar.gz'));
  const [first, second] = archives.map((file) => readFileSync(file));
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true);
  // gzip: magic, deflate, no flags, time 0, no hint of the level, operating system unknown.
  expect(first?.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
  expect(gunzipSync(first ?? Buffer.alloc(0)).length % 512).toBe(0);
  const entries = await entriesOf(archives[0] ?? '');
  expect(entries.map(({ path }) => path)).toEqual([
    'bom.json',
    'golden/samples.json',
    'metrics.json',
    'model.onnx',
    'preprocessing/preprocessing.json',
    'preprocessing/tokenizer.json',
    'signature.json',
    'verification.json',
  ]);
  for (const entry of entries) expect(entry).toMatchObject({ mode: 0o644, mtime: new Date(0) });
});

test('for Triton, the archive is one model repository entry with its configuration', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER, 'triton');
  await register(request);
  const archive = join(output(request, 'version'), 'model.tar.gz');
  expect((await entriesOf(archive)).map(({ path }) => path)).toEqual([
    'spam-filter/1/model.onnx',
    'spam-filter/bom.json',
    'spam-filter/config.pbtxt',
    'spam-filter/golden/samples.json',
    'spam-filter/metrics.json',
    'spam-filter/preprocessing/preprocessing.json',
    'spam-filter/preprocessing/tokenizer.json',
    'spam-filter/signature.json',
    'spam-filter/verification.json',
    ...[0, 1, 2, 3].map((index) => `spam-filter/warmup/sample-${index}-input-0`),
  ]);
  expect(VerifiedArtifact.fromDirectory(output(request, 'version')).runtime).toBe('triton');
});

test('a version for Triton holds its model repository as files as well, each of them in the manifest', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER, 'triton');
  await register(request);
  const version = output(request, 'version');
  const repository = listFiles(version).filter((path) => path.startsWith('triton/'));
  expect(repository).toEqual([
    'triton/spam-filter/1/model.onnx',
    'triton/spam-filter/config.pbtxt',
    ...[0, 1, 2, 3].map((index) => `triton/spam-filter/warmup/sample-${index}-input-0`),
  ]);
  const { files } = readManifest(version);
  expect(Object.keys(files)).toEqual(expect.arrayContaining(repository));
  expect(files['triton/spam-filter/1/model.onnx']).toEqual(files['model.onnx']);
  // One file by two names: the disk holds it once.
  const [model, served] = ['model.onnx', 'triton/spam-filter/1/model.onnx'].map((path) =>
    statSync(join(version, path)),
  );
  expect(served?.ino).toBe(model?.ino);
});

test('another model than the verified one is refused', async () => {
  const changed = join(FIXTURES, 'versions', 'spam-filter-changed');
  await expect(register(registerRequest(changed, SPAM_FILTER))).rejects.toThrow(
    'vouches for other bytes than those of model.onnx [report-foreign]',
  );
});

test('a package without report is refused', async () => {
  await expect(register(registerRequest(SPAM_FILTER, temporaryDirectory()))).rejects.toThrow(
    'verification.json: does not exist [file-missing]',
  );
});

test.each([
  [
    { pipeline: 'Spam Filter', runtime: 'onnx' },
    'parameters.pipeline: got "Spam Filter", wanted 1 to 32 of a–z, 0–9 and -',
  ],
  [
    { pipeline: 'spam-filter', runtime: 'tflite' },
    'parameters.runtime: got "tflite", wanted "onnx", "triton" or "vllm"',
  ],
])('refuses parameters %j', async (parameters, message) => {
  await expect(register({ ...registerRequest(SPAM_FILTER, SPAM_FILTER), parameters })).rejects.toThrow(
    message,
  );
});

describe('baseline', () => {
  test('describes the answers of a version and their time', async () => {
    const request = requestOf('baseline', {}, { version: SPAM_FILTER }, ['baseline']);
    const metrics = await baseline(request);
    expect(metrics.samples).toBe(8);
    const written = JSON.parse(
      readFileSync(join(output(request, 'baseline'), 'baseline.json'), 'utf8'),
    ) as Baseline;
    expect(written).toMatchObject({
      schemaVersion: 1,
      pipeline: 'spam-filter',
      version: '8bf4fa2c2110',
      samples: 8,
    });
    expect(written.latency).toEqual({
      runs: 8,
      p50Ms: metrics.latency_p50_ms,
      p99Ms: metrics.latency_p99_ms,
    });
    const { probability } = written.outputs;
    expect(probability?.count).toBe(8);
    expect(probability?.min).toBeCloseTo(0.0353, 4);
    expect(probability?.max).toBeCloseTo(0.9829, 4);
    expect(probability?.mean).toBeCloseTo(0.5075, 4);
    expect(probability?.histogram.counts).toEqual([3, 0, 0, 0, 1, 1, 0, 0, 0, 3]);
  });

  test('a version that was changed has no baseline', async () => {
    const version = copyOfSpamFilter();
    cpSync(join(FIXTURES, 'versions', 'spam-filter-changed', 'golden'), join(version, 'golden'), {
      recursive: true,
    });
    await expect(baseline(requestOf('baseline', {}, { version }, ['baseline']))).rejects.toThrow(
      'golden/samples.json: was changed after the version was registered [file-changed]',
    );
  });
});

describe('with a signer', () => {
  const { privatePem, publicPem: publicKey } = keyPair();
  const services = { signer: keySigner(privatePem) };

  test('the version is signed, and the archive inside too', async () => {
    const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
    await register(request, services);
    const version = output(request, 'version');
    expect(VerifiedArtifact.fromDirectory(version, { publicKey }).version).toBe('8bf4fa2c2110');
    const unpacked = temporaryDirectory();
    await extract({ file: join(version, 'model.tar.gz'), cwd: unpacked });
    expect(provenanceIssues(unpacked, publicKey, digestsOf(unpacked))).toEqual([]);
  });

  test('the archive for Triton, which checks no signature, holds none', async () => {
    const request = registerRequest(SPAM_FILTER, SPAM_FILTER, 'triton');
    await register(request, services);
    const version = output(request, 'version');
    expect(VerifiedArtifact.fromDirectory(version, { publicKey }).runtime).toBe('triton');
    const paths = (await entriesOf(join(version, 'model.tar.gz'))).map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('model.sig'))).toEqual([]);
  });
});

test('the bill of materials names the model and its metrics', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  await register(request);
  const bom = JSON.parse(readFileSync(join(output(request, 'version'), 'bom.json'), 'utf8')) as object;
  expect(bom).toMatchObject({
    metadata: {
      component: {
        name: 'spam-filter',
        version: '8bf4fa2c2110',
        modelCard: {
          quantitativeAnalysis: { performanceMetrics: [{ type: 'accuracy', value: '0.98' }] },
        },
      },
    },
  });
});
