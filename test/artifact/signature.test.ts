import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSignature } from '../../lib/artifact';
import { SPAM_FILTER, temporaryDirectory } from './support';

function fileWith(json: unknown): string {
  const file = join(temporaryDirectory(), 'signature.json');
  writeFileSync(file, JSON.stringify(json));
  return file;
}

test('reads the signature of a version', () => {
  expect(readSignature(join(SPAM_FILTER, 'signature.json'))).toEqual({
    inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } },
    outputs: { probability: { dtype: 'float32', shape: ['batch', 1] } },
  });
});

test('everything wrong is told at once', () => {
  const file = fileWith({
    inputs: { a: { dtype: 'int4', shape: ['batch'] }, b: { dtype: 'int8', shape: [-1] } },
  });
  expect(() => readSignature(file)).toThrow('signature: 3 problems');
  expect(() => readSignature(file)).toThrow(
    `${file}: inputs.a.dtype: got "int4", allowed: float16, float32, float64, int8, int16, int32, int64, uint8, bool, string`,
  );
  expect(() => readSignature(file)).toThrow(
    `${file}: inputs.b.shape: got [-1], wanted sizes and names of sizes`,
  );
  expect(() => readSignature(file)).toThrow(`${file}: outputs: has no entries`);
});

test.each([null, [], 'text', { inputs: [], outputs: {} }])('refuses %j', (json) => {
  expect(() => readSignature(fileWith(json))).toThrow('signature: ');
});
