import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IssueError } from '../../lib/issue';
import { readNpy } from '../../lib/artifact/npy';
import { readNpz } from '../../lib/artifact/npz';
import { temporaryDirectory } from './support';

const PYTHON = resolve('.venv/bin/python');

/** Archives that NumPy itself writes. */
function numpy(script: string): string {
  const directory = temporaryDirectory();
  execFileSync(PYTHON, ['-c', `import numpy as np\n${script}`], { cwd: directory });
  return directory;
}

/** A `.npy` file with any header and elements. */
function npy(header: string, elements = Buffer.alloc(0), version = 1): Buffer {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header, 'latin1'),
    elements,
  ]);
}

const header = (descr: string, shape: string) =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }   \n`;

describe('what NumPy writes', () => {
  let directory: string;
  beforeAll(() => {
    directory = numpy(`
arrays = {
  'f2': np.array([1, -2], np.float16), 'f4': np.array([[0.5, np.nan]], np.float32), 'f8': np.array(0.1),
  'i1': np.array([-1], np.int8), 'i2': np.array([-2], np.int16), 'i4': np.array([-3], np.int32),
  'i8': np.array([-2**63], np.int64), 'u1': np.array([255], np.uint8), 'u2': np.array([65535], np.uint16),
  'u4': np.array([2**32 - 1], np.uint32), 'u8': np.array([2**64 - 1], np.uint64),
  'b': np.array([True, False]), 's': np.array([['é🙂', ''], ['abc', 'd']]), 'empty': np.zeros((0, 3), np.float32),
}
np.savez('stored.npz', **arrays)
np.savez_compressed('deflated.npz', **arrays)
np.savez('object.npz', o=np.array([{}], object))
np.savez('columns.npz', c=np.asfortranarray(np.zeros((2, 3))))
np.savez('big-endian.npz', b=np.zeros(2, '>f4'))
np.savez_compressed('bomb.npz', b=np.zeros(2**28, np.float32))`);
  });

  test.each(['stored.npz', 'deflated.npz'])('is read from %s', (name) => {
    const arrays = Array.from(readNpz(join(directory, name)), ([key, { dtype, shape, data }]) => [
      key,
      [dtype, shape, [...data]],
    ]);
    expect(Object.fromEntries(arrays)).toEqual({
      f2: ['float16', [2], [0x3c00, 0xc000]],
      f4: ['float32', [1, 2], [0.5, NaN]],
      f8: ['float64', [], [0.1]],
      i1: ['int8', [1], [-1]],
      i2: ['int16', [1], [-2]],
      i4: ['int32', [1], [-3]],
      i8: ['int64', [1], [-(2n ** 63n)]],
      u1: ['uint8', [1], [255]],
      u2: ['uint16', [1], [65535]],
      u4: ['uint32', [1], [2 ** 32 - 1]],
      u8: ['uint64', [1], [2n ** 64n - 1n]],
      b: ['bool', [2], [1, 0]],
      s: ['string', [2, 2], ['é🙂', '', 'abc', 'd']],
      empty: ['float32', [0, 3], []],
    });
  });

  test.each([
    ['object.npz', 'array "o.npy" holds Python objects, a pickle, which is never opened [golden-samples]'],
    ['columns.npz', 'array "c.npy" is in column-major order; save it with numpy.ascontiguousarray'],
    ['big-endian.npz', 'array "b.npy" has elements of type ">f4", allowed: |b1, |i1, |u1, <i2'],
    ['bomb.npz', 'unpacks to 1073741952 bytes, allowed: 1073741824'],
    ['nowhere.npz', 'nowhere.npz: does not exist'],
  ])('is refused from %s', (name, message) => {
    expect(() => readNpz(join(directory, name))).toThrow(message);
  });

  const changed = (change: (bytes: Buffer, directoryAt: number) => void) => {
    const bytes = readFileSync(join(directory, 'deflated.npz'));
    change(bytes, bytes.readUInt32LE(bytes.length - 6));
    const file = join(temporaryDirectory(), 'changed.npz');
    writeFileSync(file, bytes);
    return file;
  };

  test.each<[string, (bytes: Buffer, directoryAt: number) => void]>([
    ['is damaged: its checksum differs', (bytes, at) => bytes.writeUInt32LE(1, at + 16)],
    ['is encrypted', (bytes, at) => bytes.writeUInt16LE(1, at + 8)],
    ['is packed by method 12, allowed: 0, 8', (bytes, at) => bytes.writeUInt16LE(12, at + 10)],
    ['is not where the directory says', (bytes, at) => bytes.writeUInt32LE(5, at + 42)],
    ['breaks off', (bytes, at) => bytes.writeUInt32LE(2 ** 24, at + 20)],
    ['Cannot create a Buffer larger than', (bytes, at) => bytes.writeUInt32LE(10, at + 24)],
    ['is no zip archive: its directory is broken', (bytes, at) => bytes.writeUInt8(0, at)],
    ['is no zip archive: it has no directory', (bytes) => bytes.fill(0, bytes.length - 22)],
    ['has 65535 entries, allowed: 10000', (bytes) => bytes.writeUInt16LE(65535, bytes.length - 12)],
  ])('is refused when it %s', (message, change) => {
    expect(() => readNpz(changed(change))).toThrow(message);
  });

  test('is refused with two arrays of one name', () => {
    const twice = changed((bytes, at) => {
      const second = at + 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30);
      bytes.copy(bytes, second + 46, at + 46, at + 48);
    });
    expect(() => readNpz(twice)).toThrow('has two entries of one name');
  });

  test('never brings the reader down, whatever becomes of its bytes', () => {
    const original = readFileSync(join(directory, 'deflated.npz'));
    const file = join(temporaryDirectory(), 'mutated.npz');
    const change = fc.record({ at: fc.nat(original.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(original.length), (changes, length) => {
        const bytes = Buffer.from(original);
        for (const { at, byte } of changes) bytes[at] = byte;
        writeFileSync(file, changes.length > 0 ? bytes : bytes.subarray(0, length));
        try {
          readNpz(file);
        } catch (error) {
          expect(error).toBeInstanceOf(IssueError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('a header of version 2 is read', () => {
  expect(readNpy(npy(header('<i2', '1,'), Buffer.from([5, 0]), 2))).toEqual({
    dtype: 'int16',
    shape: [1],
    data: Int16Array.of(5),
  });
});

test.each([
  [Buffer.from('PK'), 'is no NumPy array'],
  [Buffer.from('\x93NUMPY\x01', 'latin1'), 'breaks off in its header'],
  [npy(header('<f4', '2,')).subarray(0, 30), 'has a header that is not readable'],
  [npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), 'not readable'],
  [npy(header('<f4', '2,'), Buffer.alloc(7)), 'has 7 bytes of elements, its shape and type have 8'],
  [npy(header('<f8', '9007199254740992, 2')), 'has the shape [9007199254740992, 2]'],
  [npy(header('<U2', '1,'), Buffer.alloc(4)), 'has 4 bytes of elements, its shape and type have 8'],
  [npy(header('<U1', '1,'), Buffer.from([255, 255, 255, 255])), 'has a string that is not Unicode'],
])('refuses a broken array', (bytes, message) => {
  expect(() => readNpy(bytes)).toThrow(message);
});
