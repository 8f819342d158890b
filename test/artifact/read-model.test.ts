import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readModel, readStructure } from '../../lib/artifact';
import { IssueError } from '../../lib/issue';
import { bytesOf, floats, int64s, model, node, tensor, TYPES } from './onnx-builder';
import { modelFile, SPAM_FILTER, temporaryDirectory } from './support';

function written(bytes: Uint8Array | string): string {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(file, bytes);
  return file;
}

test('tells what a model holds', () => {
  const file = join(SPAM_FILTER, 'model.onnx');
  const info = readModel(file);
  expect(info).toMatchObject({
    file,
    bytes: 1405,
    irVersion: 9,
    producer: 'make_models',
    inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } },
    outputs: { probability: { dtype: 'float32', shape: ['batch', 1] } },
    functions: [],
    initializers: 7,
    parameters: 149,
    bytesByDtype: { float32: 584, int64: 24 },
    externalData: [],
  });
  expect(info.opsets['ai.onnx']).toBe(18);
  expect(info.operators[0]).toEqual({ domain: 'ai.onnx', name: 'ReduceSum', count: 2 });
  expect(info.operators.reduce((sum, { count }) => sum + count, 0)).toBe(12);
});

test('walks subgraphs, functions, sparse initialisers and training graphs', () => {
  const info = readModel(modelFile('nested'));
  expect(info.operators).toEqual([
    { domain: 'ai.onnx', name: 'Add', count: 2 },
    { domain: 'ai.onnx', name: 'Constant', count: 2 },
    { domain: 'ai.onnx', name: 'If', count: 1 },
    { domain: 'own', name: 'Twice', count: 1 },
  ]);
  expect(info.functions).toEqual(['own::Twice']);
  expect(info.opsets).toEqual({ 'ai.onnx': 18, own: 1 });
  expect(info.externalData).toEqual([
    { location: 'attribute.bin', tensors: 2, bytes: 8 },
    { location: 'training.bin', tensors: 1, bytes: 16 },
  ]);
});

test('names element types the runtime cannot exchange, too', () => {
  expect(readModel(modelFile('int4-output')).outputs).toEqual({ y: { dtype: 'int4', shape: ['batch', 2] } });
});

test.each([
  [
    'version https://git-lfs.github.com/spec/v1\noid sha256:00\n',
    'a Git LFS pointer, not the model it points to',
  ],
  ['<!DOCTYPE html><html>', 'a web page, most likely the answer of a server that refused the download'],
  ['\n <html>', 'a web page'],
  ['PK\x03\x04....', 'a zip archive, the form of PyTorch (.pt, .pth), Keras (.keras) and NumPy (.npz) files'],
  [
    Buffer.from([0x80, 0x04, 0x95]),
    'a Python pickle, which can run code when it is loaded; it is never opened here',
  ],
  [Buffer.from('\x89HDF\r\n', 'latin1'), 'an HDF5 file, the form of older Keras models (.h5)'],
  ['\x1c\0\0\0TFL3', 'a TensorFlow Lite model'],
  ['\x1c\0\0\0ORTM', "a model in onnxruntime's own ORT format"],
  [Buffer.from([0x1f, 0x8b, 0x08]), 'a gzip archive'],
  ['', 'the file is empty'],
])('says what a file is that is not ONNX', (content, what) => {
  expect(() => readModel(written(content))).toThrow(`not an ONNX model: ${what}`);
});

test.each([
  ['hello world', 'is not readable as ONNX: '],
  [Buffer.from([0x08, 0x09]), 'imports no operator set [onnx-broken]'],
  [Buffer.from([0x42, 0x02, 0x10, 0x12]), 'has no IR version [onnx-broken]'],
])('refuses bytes that are no model', (content, message) => {
  expect(() => readModel(written(content))).toThrow(message);
});

test('a file that does not exist, and a directory, are refused', () => {
  expect(() => readModel('/nowhere/model.onnx')).toThrow(
    '/nowhere/model.onnx: does not exist [file-missing]',
  );
  expect(() => readModel(SPAM_FILTER)).toThrow(`${SPAM_FILTER}: is not a file [file-missing]`);
});

describe('broken bytes give a model or an IssueError, nothing else', () => {
  const whole = [join(SPAM_FILTER, 'model.onnx'), modelFile('nested')].map((file) => readFileSync(file));
  const file = join(temporaryDirectory(), 'model.onnx');
  const read = (bytes: Uint8Array) => {
    writeFileSync(file, bytes);
    try {
      readModel(file);
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
    }
  };

  test('truncated at every byte', () => {
    for (const bytes of whole)
      for (let length = 0; length < bytes.length; length++) read(bytes.subarray(0, length));
  });

  test('with bytes overwritten', () => {
    const mutation = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.constantFrom(...whole), mutation, (bytes, changes) => {
        const mutated = Buffer.from(bytes);
        for (const [at, value] of changes) mutated[at % mutated.length] = value;
        read(mutated);
      }),
      { numRuns: 500 },
    );
  });

  test('with a piece cut out or put in', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(),
        fc.nat(64),
        fc.uint8Array({ maxLength: 64 }),
        (bytes, at, cut, put) => {
          const start = at % bytes.length;
          read(Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(start + cut)]));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('made of nothing but noise', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), read), { numRuns: 300 });
  });
});

test('graphs nested without end are refused', () => {
  // Each layer is a field 6 (subgraph) of an attribute of a node of a graph.
  let graph = Buffer.alloc(0);
  const wrap = (tag: number, content: Buffer) => {
    const length: number[] = [];
    for (let rest = content.length; ; rest >>= 7) {
      if (rest < 0x80) return Buffer.concat([Buffer.from([tag, ...length, rest]), content]);
      length.push((rest & 0x7f) | 0x80);
    }
  };
  for (let depth = 0; depth < 200; depth++) graph = wrap(0x0a, wrap(0x2a, wrap(0x32, graph)));
  const file = written(Buffer.concat([Buffer.from([0x08, 0x09]), wrap(0x3a, graph)]));
  expect(() => readModel(file)).toThrow('is not readable as ONNX: nested deeper than 100 messages');
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A field of the wire type that tells its length, without what it holds. */
function header(field: number, length: number): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(length)]);
}

test('a file of over 2 GB is read without its weights', () => {
  const weights = 3_000_000_000;
  const rest = Buffer.from(bytesOf(model({ nodes: [node('Add', ['x', 'w'], ['y'])] })));
  // dims, data_type and name of the tensor; then its raw_data, which is a hole in the file.
  const about = Buffer.concat([
    Buffer.from([0x08, ...varint(375_000_000), 0x08, 0x02, 0x10, TYPES.float32]),
    header(8, 1),
    Buffer.from('w'),
    header(9, weights),
  ]);
  const initializer = Buffer.concat([header(5, about.length + weights), about]);
  const head = Buffer.concat([rest, header(7, initializer.length + weights), initializer]);
  const file = join(temporaryDirectory(), 'model.onnx');
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  ftruncateSync(descriptor, head.length + weights);
  closeSync(descriptor);
  expect(statSync(file).blocks).toBeLessThan(1000);

  const before = process.memoryUsage().rss;
  const { model: decoded, elided, bytes } = readStructure(file);
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  expect(bytes).toBe(head.length + weights);
  const [stored] = decoded.graph?.initializer ?? [];
  expect(stored).toMatchObject({ name: 'w', dims: [375_000_000n, 2n] });
  expect(stored && elided(stored)).toEqual({ rawData: [{ offset: head.length, length: weights }] });
  expect(readModel(file)).toMatchObject({ parameters: 750_000_000, bytesByDtype: { float32: weights } });
});

test('small tensors are read, the place of large ones is told', () => {
  const file = written(
    bytesOf(
      model({
        initializers: [
          int64s('shape', [1, -1]),
          floats('w', new Array<number>(5000).fill(1.5)),
          tensor('list', { dims: [5000n], floatData: new Array<number>(5000).fill(2.5) }),
        ],
      }),
    ),
  );
  const { model: decoded, elided } = readStructure(file);
  const [shape, weights, list] = decoded.graph?.initializer ?? [];
  if (!shape || !weights || !list) throw new Error('initialisers are lacking');
  expect(shape.rawData).toHaveLength(16);
  expect(elided(shape)).toEqual({});
  const bytes = readFileSync(file);
  const [at] = elided(weights).rawData ?? [];
  expect(at?.length).toBe(20_000);
  expect(bytes.readFloatLE(at?.offset)).toBe(1.5);
  const [listed] = elided(list).floatData ?? [];
  expect(listed?.length).toBe(20_000);
  expect(bytes.readFloatLE(listed?.offset)).toBe(2.5);
});

test('a graph that comes twice is one, as for every reader of the format', () => {
  const twice = Buffer.concat([
    bytesOf(model()),
    bytesOf(model({ nodes: [node('Abs', ['y'], ['z'])], inputs: [], outputs: [] })),
  ]);
  expect(readModel(written(twice)).operators.map(({ name }) => name)).toEqual(['Abs', 'Identity']);
});
