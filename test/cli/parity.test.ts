import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { definitionFields, type ParityRow } from '../../lib/pipeline';
import { temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

const EXAMPLE = 'examples/spam-filter';

test('every field has a line, with notes of how it is emulated and why it is refused', async () => {
  const { code, stdout, stderr } = await modelPipeline(['parity', EXAMPLE]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]?.trim().split(/\s+/)).toEqual(['field', 'aws', 'google', 'local']);
  const named = new Set(lines.map((line) => line.slice(2).split(' ')[0]));
  expect(definitionFields().filter((field) => !named.has(field))).toEqual([]);
  expect(stdout).not.toContain('unknown');

  const release = lines.find((line) => line.startsWith('• deployment.release.strategy ')) ?? '';
  const [, note] = /supported\s+supported\s+emulated (\[\d+\])/.exec(release) ?? [];
  expect(lines).toContain(`${note ?? ''} local: all at once, after the golden samples were answered`);
  expect(stdout).toMatch(/^aws: \d+ supported, \d+ emulated, \d+ refused; takes this definition$/m);
  expect(stdout).toMatch(/^google: \d+ supported, \d+ emulated, \d+ refused; takes this definition$/m);
});

test('--json prints the rows', async () => {
  const { stdout } = await modelPipeline(['parity', EXAMPLE, '--json']);
  const rows = JSON.parse(stdout) as ParityRow[];
  expect(rows.find(({ field }) => field === 'conversion.format=tflite')).toEqual({
    field: 'conversion.format=tflite',
    used: false,
    support: {
      aws: { status: 'refused', detail: 'endpoints serve ONNX' },
      google: { status: 'refused', detail: 'endpoints serve ONNX' },
      local: { status: 'refused', detail: 'the export writes ONNX' },
    },
  });
});

test('tells which targets refuse the definition, and for which fields', async () => {
  const file = join(temporaryDirectory(), 'pipeline.ts');
  const example = JSON.stringify(resolve(EXAMPLE, 'pipeline'));
  writeFileSync(
    file,
    `import { spamFilter } from ${example};
export const small = { ...spamFilter, conversion: { format: 'tflite' } };`,
  );
  const { stdout } = await modelPipeline(['parity', file]);
  expect(stdout).toMatch(/^local: .* refused; refuses conversion\.format=tflite$/m);
});

test('no cloud is loaded to tell', () => {
  const script = `require(${JSON.stringify(join(process.cwd(), 'lib/cli/parity'))});
console.log(Object.keys(require.cache).filter((file) => /node_modules.(aws-cdk-lib|cdktf|@cdktf|constructs)/.test(file)).length)`;
  const output = execFileSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8' });
  expect(output.trim()).toBe('0');
});
