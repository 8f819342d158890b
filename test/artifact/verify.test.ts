import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReport, verifyArtifact } from '../../lib/artifact';
import { sha256File } from '../../lib/artifact/digest';
import { PACKAGE_VERSION } from '../../lib/package-root';
import {
  modelFile,
  packageOf,
  PAIR_SIGNATURE,
  SPAM_FILTER,
  temporaryDirectory,
  writeGolden,
} from './support';

jest.setTimeout(30_000);

const CHECK_IDS = [
  'model',
  'operators',
  'external-data',
  'signature',
  'load',
  'run',
  'golden-tensors',
  'golden-raw',
  'batch',
  'determinism',
  'finite-outputs',
  'latency',
];

test('a sound version passes every check, and the report is bound to its bytes', async () => {
  const report = await verifyArtifact(SPAM_FILTER);
  expect(report).toMatchObject({
    schemaVersion: 1,
    verdict: 'passed',
    model: {
      file: 'model.onnx',
      sha256: sha256File(join(SPAM_FILTER, 'model.onnx')),
      bytes: 1405,
      externalData: [],
    },
    verifier: { version: PACKAGE_VERSION, onnxruntime: '1.30.0', node: process.version },
    tolerance: { absolute: 1e-4, relative: 0 },
    summary: { irVersion: 9, parameters: 149 },
  });
  expect(report.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(
    CHECK_IDS.map((id) => `${id} passed`),
  );
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('the summary names no path of the machine that verified', async () => {
  const { summary } = await verifyArtifact(SPAM_FILTER);
  expect(Object.keys(summary ?? {})).not.toContain('file');
});

test('a bare file passes what can be checked, and lists what cannot', async () => {
  const report = await verifyArtifact(modelFile('identity'));
  expect(report.verdict).toBe('passed');
  expect(report.checks.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id)).toEqual([
    'signature',
    ...CHECK_IDS.slice(CHECK_IDS.indexOf('run')),
  ]);
  expect(renderReport(report)).toContain(
    'PASSED: 4 of 12 checks; NOT CHECKED: signature, run, golden-tensors, golden-raw, batch, determinism, finite-outputs, latency',
  );
});

test('a bare file is held to a signature and golden samples that are given with it', async () => {
  const golden = temporaryDirectory();
  writeGolden(golden, [{ x: [1, 2], y: [1, 2] }]);
  const report = await verifyArtifact(modelFile('identity'), { golden, signature: PAIR_SIGNATURE });
  expect(report.checks.filter(({ verdict }) => verdict !== 'passed').map(({ id }) => id)).toEqual([
    'golden-raw',
  ]);
});

test('external data is part of what the report is bound to', async () => {
  const directory = temporaryDirectory();
  copyFileSync(modelFile('external'), join(directory, 'model.onnx'));
  writeFileSync(join(directory, 'weights.bin'), Buffer.from(Float32Array.of(1, 2).buffer));
  const { verdict, model } = await verifyArtifact(directory);
  expect(verdict).toBe('passed');
  expect(model.externalData).toEqual([
    { file: 'weights.bin', sha256: sha256File(join(directory, 'weights.bin')), bytes: 8 },
  ]);
});

test('findings are said with what to do', async () => {
  const directory = packageOf('identity', { signature: PAIR_SIGNATURE, samples: [{ x: [1, 2], y: [1, 3] }] });
  const report = await verifyArtifact(directory);
  expect(report.verdict).toBe('failed');
  const text = renderReport(report);
  expect(text).toContain(
    [
      '  FAIL  golden-tensors  answers differ from the recorded ones',
      '          sample "sample-0": output "y" is 2 at index 1, wanted 3; 1 of 1 samples differ by more than 0.0001 + 0 × |wanted|; an absolute tolerance of 1 would pass',
      '          fix: export the model again, or accept the difference as tolerance if it does no harm',
      '  SKIP  golden-raw      there is no preprocessing beside the model: clients send tensors',
    ].join('\n'),
  );
  expect(text).toContain('FAILED: golden-tensors; NOT CHECKED: golden-raw\n');
});

test('a target that does not exist is an error, not a report', async () => {
  await expect(verifyArtifact('/nowhere')).rejects.toThrow('/nowhere: does not exist [file-missing]');
  const empty = temporaryDirectory();
  await expect(verifyArtifact(empty)).rejects.toThrow(`${empty}/model.onnx: does not exist [file-missing]`);
});
