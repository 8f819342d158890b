import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { IssueError } from '../../lib/issue';
import { readSafetensors } from '../../lib/artifact/safetensors/read-safetensors';
import { temporaryDirectory } from './support';
import { safetensors } from './write-language-model';

let file: string;
beforeAll(() => {
  file = join(temporaryDirectory(), 'model.safetensors');
});

function read(bytes: Buffer | string) {
  writeFileSync(file, bytes);
  return readSafetensors(file);
}

function messages(bytes: Buffer | string): string[] {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof IssueError)
      return error.issues.map(({ path, message }) => `${path.replace(file, 'file')}: ${message}`);
    throw error;
  }
  return [];
}

const tensor = (begin: number, end: number, dtype = 'F32', shape = [(end - begin) / 4]) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('gives the tensors in the order of their data', () => {
  expect(
    read(safetensors({ b: tensor(8, 16), a: tensor(0, 8), __metadata__: { format: 'pt' } }, 16)),
  ).toEqual([
    { name: 'a', dtype: 'F32', shape: [2], begin: 0, end: 8 },
    { name: 'b', dtype: 'F32', shape: [2], begin: 8, end: 16 },
  ]);
});

test('counts in bits where elements are smaller than a byte', () => {
  expect(
    messages(safetensors({ a: tensor(0, 3, 'F6_E2M3', [4]), b: tensor(3, 5, 'F4', [2, 2]) }, 5)),
  ).toEqual([]);
});

test('takes a scalar and an empty tensor', () => {
  expect(messages(safetensors({ a: tensor(0, 4, 'F32', []), b: tensor(4, 4, 'F32', [0]) }, 4))).toEqual([]);
});

test.each([
  ['an unknown type', { a: tensor(0, 4, 'F33', [1]) }, 4, ['file: a: has elements of type "F33"']],
  [
    'a name that objects have',
    { a: tensor(0, 4, 'constructor', [1]) },
    4,
    ['file: a: has elements of type "constructor"'],
  ],
  ['a negative size', { a: tensor(0, 4, 'F32', [-1]) }, 4, ['file: a: has the shape [-1]']],
  [
    'a size beyond what is exact',
    { a: tensor(0, 4, 'F32', [2 ** 60]) },
    4,
    ['file: a: has the shape [1152921504606847000]'],
  ],
  [
    'offsets that are none',
    { a: { dtype: 'F32', shape: [1], data_offsets: [0] } },
    4,
    ['file: a: has the data offsets [0]'],
  ],
  [
    'a tensor that is none',
    { a: null },
    0,
    [
      'file: a: has elements of type undefined',
      'file: a: has the shape undefined',
      'file: a: has the data offsets undefined',
    ],
  ],
  [
    'another size than its shape',
    { a: tensor(0, 8, 'F32', [1]) },
    8,
    ['file: a: has 8 bytes; its shape and type make 4'],
  ],
  [
    'overlapping tensors',
    { a: tensor(0, 8), b: tensor(4, 12) },
    12,
    ['file: b: begins at 4, within another tensor'],
  ],
  ['a hole', { a: tensor(0, 4), b: tensor(8, 12) }, 12, ['file: b: begins at 8, after 4 unused bytes']],
  ['bytes at the end', { a: tensor(0, 4) }, 12, ['file: has 12 bytes of data; its header describes 4']],
  ['data that is cut off', { a: tensor(0, 40) }, 12, ['file: has 12 bytes of data; its header describes 40']],
  [
    'metadata that is no text',
    { a: tensor(0, 4), __metadata__: { a: 1 } },
    4,
    ['file: has metadata that is not text by name'],
  ],
  ['a list', [], 0, ['file: has a header that is no JSON object']],
])('refuses %s', (_, header, dataBytes, expected) => {
  expect(messages(safetensors(header, dataBytes))).toEqual(expected);
});

test('refuses a header that is no JSON', () => {
  expect(messages(safetensors('{"a"', 0))[0]).toMatch(/^file: has a header that is no JSON: /);
});

test('refuses a header that is longer than the file, or than the format allows', () => {
  const long = Buffer.alloc(16);
  long.writeBigUInt64LE(2n ** 63n);
  expect(messages(long)).toEqual(['file: is no safetensors file: its header would not fit its 16 bytes']);
  expect(messages('short')).toEqual(['file: is no safetensors file: its header would not fit its 5 bytes']);
});

test.each([
  [
    'a Git LFS pointer',
    'version https://git-lfs.github.com/spec/v1\n',
    'a Git LFS pointer, not the model it points to',
  ],
  [
    'a web page',
    '<!doctype html><html>',
    'a web page, most likely the answer of a server that refused the download',
  ],
  [
    'a pickle',
    Buffer.concat([Buffer.from([0x80, 2]), Buffer.alloc(20, 0x63)]),
    'a Python pickle, which can run code when it is loaded; it is never opened here',
  ],
])('names %s in its place', (_, content, what) => {
  expect(messages(content)).toEqual([`file: not a safetensors file: ${what}`]);
});

test('bytes at random are read or refused, never anything else', () => {
  const valid = safetensors({ a: tensor(0, 8), b: tensor(8, 16) }, 16);
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, byte, length) => {
      const bytes = Buffer.from(valid.subarray(0, length));
      if (at < length) bytes[at] = byte;
      expect(() => messages(bytes)).not.toThrow();
    }),
    { numRuns: 200 },
  );
});
