import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '../../lib/program';

function directoryWith(content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'metrics-'));
  writeFileSync(join(directory, 'metrics.json'), content);
  return directory;
}

test('metrics are numbers by name', () => {
  expect(readMetrics(directoryWith('{ "f1": 0.5, "samples": 3 }'))).toEqual({ f1: 0.5, samples: 3 });
});

test.each(['[1]', '{ "f1": "high" }', '{ "f1": null }', '3'])('%s is refused', (content) => {
  expect(() => readMetrics(directoryWith(content))).toThrow(
    /is not an object of finite numbers|holds no JSON object/,
  );
});

test('a file that is cut off, or missing, is refused', () => {
  expect(() => readMetrics(directoryWith('{ "f1": 0.'))).toThrow('is not readable as JSON');
  expect(() => readMetrics('/nowhere')).toThrow(
    '/nowhere/metrics.json: does not exist [file-missing]\n    fix: run the step that measures again',
  );
});
