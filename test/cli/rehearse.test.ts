import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelPipeline } from './model-pipeline';

const EXAMPLE = join(__dirname, '..', '..', 'examples', 'spam-filter');
const DATA = join(__dirname, '..', 'fixtures', 'data');
const PYTHON = join(__dirname, 'fixture-python.mjs');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rehearse-'));
  cpSync(EXAMPLE, directory, { recursive: true });
  const file = join(directory, 'pipeline.ts');
  // The signature of the fixtures.
  writeFileSync(file, readFileSync(file, 'utf8').replace("['batch', 128]", "['batch', 256]"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('rehearse runs the scenarios that were asked for, and says how each ended', async () => {
  const { code, stdout } = await modelPipeline([
    'rehearse',
    directory,
    '--data',
    DATA,
    '--python',
    PYTHON,
    '--only',
    'gate failure',
  ]);
  expect(stdout).toContain(
    'ok    gate failure  failed: GateRejected     version before   … → gate → notify-failure → Failed\n',
  );
  expect(stdout).toContain('1 of 1 scenarios went as expected\n');
  expect(code).toBe(0);
}, 120_000);

test('rehearse takes the size of a model in whole mebibytes', async () => {
  const { code, stderr } = await modelPipeline(['rehearse', directory, '--model-size', '6GiB']);
  expect(stderr).toContain("argument '6GiB' is invalid. It is a whole number, 1 or more.");
  expect(code).toBe(1);
});

test('rehearse names no scenario where none was meant', async () => {
  const { code, stderr } = await modelPipeline(['rehearse', directory, '--data', DATA, '--only', 'nonsense']);
  expect(stderr).toContain('no scenario has "nonsense" in its name');
  expect(code).toBe(1);
}, 60_000);
