import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCapture, type Exchange } from '../../lib/serving/capture';

const exchange = (id: string, rest: Partial<Exchange> = {}): Exchange => ({
  id,
  request: { contentType: 'application/json', data: Buffer.from('{"instances": ["é"]}') },
  response: { contentType: 'application/json; charset=utf-8', data: '{"predictions": [1]}' },
  ...rest,
});

const failures: string[] = [];
const fail = (cause: string) => failures.push(cause);

/** Every line below a directory. */
function read(directory: string): unknown[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as unknown);
}

test('an exchange is one line in the form of SageMaker, below the hour', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'capture-'));
  const { record, flush } = createCapture('spam', { directory }, fail);
  record(exchange('one'));
  const bytes = { contentType: 'application/octet-stream', data: Buffer.from([1, 2]) };
  record(exchange('two', { request: bytes }));
  await flush();
  const [first, second] = read(directory);
  expect(first).toEqual({
    captureData: {
      endpointInput: {
        observedContentType: 'application/json',
        mode: 'INPUT',
        data: '{"instances": ["é"]}',
        encoding: 'JSON',
      },
      endpointOutput: {
        observedContentType: 'application/json; charset=utf-8',
        mode: 'OUTPUT',
        data: '{"predictions": [1]}',
        encoding: 'JSON',
      },
    },
    eventMetadata: { eventId: 'one', inferenceTime: expect.stringMatching(/Z$/) as string },
    eventVersion: '0',
  });
  expect(second).toMatchObject({ captureData: { endpointInput: { data: 'AQI=', encoding: 'BASE64' } } });
  const files = readdirSync(directory, { recursive: true }).map(String);
  expect(files.filter((file) => file.endsWith('.jsonl'))).toEqual([
    expect.stringMatching(/^spam\/\d{4}\/\d\d\/\d\d\/\d\d\/\d+\.jsonl$/),
  ]);
});

test('a share of the requests is recorded, the same ones every time', async () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `request-${index}`);
  const recorded = await Promise.all(
    [1, 2].map(async () => {
      const directory = mkdtempSync(join(tmpdir(), 'capture-'));
      const { record, flush } = createCapture('spam', { directory, samplePercent: 10 }, fail);
      for (const id of ids) record(exchange(id));
      await flush();
      return read(directory).map(
        (line) => (line as { eventMetadata: { eventId: string } }).eventMetadata.eventId,
      );
    }),
  );
  expect(recorded[0]).toEqual(recorded[1]);
  expect(recorded[0]?.length).toBeGreaterThan(70);
  expect(recorded[0]?.length).toBeLessThan(130);
});

test('collected lines make files of their own, when their time has come, there are many, or at the end', async () => {
  jest.useFakeTimers();
  try {
    const directory = mkdtempSync(join(tmpdir(), 'capture-'));
    const { record, flush } = createCapture('spam', { directory, batchSeconds: 60 }, fail);
    const files = () =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.jsonl'));
    record(exchange('one'));
    jest.advanceTimersByTime(59_000);
    record(exchange('two'));
    expect(files()).toEqual([]);
    jest.advanceTimersByTime(1_000);
    await flush();
    expect(files()).toHaveLength(1);
    expect(read(directory)).toHaveLength(2);
    for (let count = 0; count < 1001; count += 1) record(exchange(`many-${count}`));
    await flush();
    expect(files()).toHaveLength(3);
    expect(new Set(files()).size).toBe(3);
    expect(read(directory)).toHaveLength(1003);
    await flush();
    expect(files()).toHaveLength(3);
  } finally {
    jest.useRealTimers();
  }
});

test('a line that cannot be written is told of', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'capture-')), 'file');
  writeFileSync(directory, '');
  const { record, flush } = createCapture('spam', { directory }, fail);
  record(exchange('one'));
  await flush();
  expect(failures).toEqual([expect.stringMatching(/^E(NOTDIR|EXIST)/)]);
});
