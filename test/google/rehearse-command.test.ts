import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelPipeline } from '../cli/model-pipeline';

const ROOT = join(__dirname, '..', '..');
const PYTHON = join(ROOT, 'test', 'cli', 'fixture-python.mjs');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rehearse-'));
  cpSync(join(ROOT, 'examples', 'spam-filter'), directory, { recursive: true });
  const file = join(directory, 'pipeline.ts');
  // The signature of the fixtures.
  writeFileSync(file, readFileSync(file, 'utf8').replace("['batch', 128]", "['batch', 256]"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const rehearse = (...args: string[]) =>
  modelPipeline(['rehearse', directory, '--target', 'google', '--python', PYTHON, ...args]);

test('rehearse runs workflows where Google Cloud is asked for, and says how they ended', async () => {
  const data = join(ROOT, 'test', 'fixtures', 'versions');
  const { code, stdout } = await rehearse('--data', data, '--only', 'gate failure');
  expect(stdout).toContain(
    'ok    gate failure  failed: GateRejected     version before   … → evaluate → gate → notify-failure\n',
  );
  expect(stdout).toContain('1 of 1 scenarios went as expected\n');
  expect(code).toBe(0);
}, 120_000);

test('rehearse tells that there is no data before anything runs', async () => {
  const { code, stderr } = await rehearse('--data', '/none');
  expect(stderr).toContain('/none: is not a directory that exists [data-missing]');
  expect(code).toBe(1);
}, 60_000);
