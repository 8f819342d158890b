import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTimeoutMs } from '../../lib/program/load-timeout';
import { temporaryDirectory } from '../artifact/support';

test('a model has a minute to load, and a second for each 50 MiB of its files', () => {
  const directory = temporaryDirectory();
  expect(loadTimeoutMs(directory)).toBe(60_000);
  for (const [name, mebibytes] of [
    ['model.onnx', 50],
    ['model.onnx.data', 10_000],
  ] as const) {
    writeFileSync(join(directory, name), '');
    truncateSync(join(directory, name), mebibytes * 2 ** 20);
  }
  expect(loadTimeoutMs(directory)).toBe(60_000 + 1_000 + 200_000);
});
