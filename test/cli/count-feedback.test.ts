import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

function countFeedback(atLeast: string, since: string) {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'feedback'));
  const lines = ['one', 'two', 'two'].map((text) => JSON.stringify({ input: { text }, label: 1 }));
  writeFileSync(join(directory, 'feedback', 'a.jsonl'), lines.join('\n'));
  const into = join(directory, 'counted');
  const run = () =>
    modelPipeline([
      ...['count-feedback', join(directory, 'feedback'), '--pipeline', 'spam', '--into', into],
      ...['--at-least', atLeast, '--since', since],
    ]);
  return { into: join(into, 'feedback.json'), run };
}

const counted = (newSamples: number) =>
  `${JSON.stringify({ severity: 'INFO', event: 'feedback-counted', pipeline: 'spam', newSamples })}\n`;

test('enough samples are told in a file, which is not written again', async () => {
  const { into, run } = countFeedback('2', '2020-01-01T00:00:00Z');
  await expect(run()).resolves.toMatchObject({ code: 0, stdout: counted(2) });
  expect(readFileSync(into, 'utf8')).toBe('{"newSamples":2}\n');
  writeFileSync(into, 'as it was');
  await expect(run()).resolves.toMatchObject({ code: 0 });
  expect(readFileSync(into, 'utf8')).toBe('as it was');
});

test('samples that are not new are told of no file', async () => {
  const { into, run } = countFeedback('1', '2999-01-01T00:00:00Z');
  await expect(run()).resolves.toMatchObject({ code: 0, stdout: counted(0) });
  expect(existsSync(into)).toBe(false);
});

test.each([
  ['0', '2020-01-01T00:00:00Z', 'It is an integer from 1 up.'],
  ['many', '2020-01-01T00:00:00Z', 'It is an integer from 1 up.'],
  ['1', 'yesterday', 'It is a time, as 2026-11-23T10:00:00Z.'],
])('--at-least %s --since %s is refused', async (atLeast, since, message) => {
  const { code, stderr } = await countFeedback(atLeast, since).run();
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});
