import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { upload } from '../../../lib/aws/functions/upload';
import { temporaryDirectory } from '../../artifact/support';
import { BUCKET, Emulator } from './emulator';

jest.setTimeout(60_000);

/** S3's least, but for the last part. */
const PART_BYTES = 5 * 2 ** 20;
const TO = { bucket: BUCKET, prefix: 'large/' };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await Emulator.start();
}, 60_000);
afterAll(() => emulator.stop());
beforeEach(() => emulator.delete('large/'));

const weights = Buffer.alloc(2 * PART_BYTES + 7, 'weights ');

function directoryWith(files: Readonly<Record<string, Buffer>>): string {
  const directory = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** The same S3, with the calls that were made. */
function watched(onCall: (command: string) => void = () => undefined): { s3: S3Client; calls: string[] } {
  const calls: string[] = [];
  const s3 = emulator.client();
  s3.middlewareStack.add((next, { commandName = '' }) => (args) => {
    calls.push(commandName.replace('Command', ''));
    onCall(commandName);
    return next(args);
  });
  return { s3, calls };
}

async function pendingUploads(): Promise<number> {
  const { Uploads = [] } = await emulator.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  return Uploads.length;
}

test('a large file travels in parts, a small one as it is, and the last one in the end', async () => {
  const { s3, calls } = watched();
  const directory = directoryWith({
    'model.onnx.data': weights,
    'model.onnx': Buffer.from('graph'),
    'manifest.json': Buffer.from('{}'),
  });
  await upload(s3, directory, TO, { last: 'manifest.json', partBytes: PART_BYTES });
  expect(Buffer.from(await emulator.getBytes('large/model.onnx.data')).equals(weights)).toBe(true);
  expect(calls.filter((call) => call === 'UploadPart')).toHaveLength(3);
  expect(calls.filter((call) => call === 'PutObject')).toHaveLength(2);
  expect(calls.at(-1)).toBe('PutObject');
  expect(await emulator.get('large/manifest.json')).toBe('{}');
});

test('a large file that is there already with the same content is left as it is', async () => {
  const directory = directoryWith({ 'model.onnx.data': weights });
  await upload(emulator.s3, directory, TO, { partBytes: PART_BYTES });
  await upload(emulator.s3, directory, TO, { partBytes: PART_BYTES });
  expect(await pendingUploads()).toBe(0);
});

test('a large file never replaces one with other content', async () => {
  await upload(emulator.s3, directoryWith({ 'model.onnx.data': weights }), TO, { partBytes: PART_BYTES });
  const other = Buffer.from(weights);
  other[0] = 0;
  await expect(
    upload(emulator.s3, directoryWith({ 'model.onnx.data': other }), TO, { partBytes: PART_BYTES }),
  ).rejects.toThrow(`s3://${BUCKET}/large/model.onnx.data: is there already with other content`);
  expect(Buffer.from(await emulator.getBytes('large/model.onnx.data')).equals(weights)).toBe(true);
  expect(await pendingUploads()).toBe(0);
});

test('the parts of a file that could not be sent whole are dropped', async () => {
  let sent = 0;
  const { s3 } = watched((command) => {
    if (command === 'UploadPartCommand' && (sent += 1) === 2) throw new Error('the line is dead');
  });
  const directory = directoryWith({ 'model.onnx.data': weights });
  await expect(upload(s3, directory, TO, { partBytes: PART_BYTES })).rejects.toThrow('the line is dead');
  expect(await pendingUploads()).toBe(0);
  expect(await emulator.list('large/')).toEqual([]);
});
