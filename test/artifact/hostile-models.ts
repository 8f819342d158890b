import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { SparseTensorProtoSchema, type GraphProto, type TensorProto } from '../../lib/artifact/onnx/onnx_pb';
import {
  bool,
  bytesOf,
  definition,
  external,
  floats,
  graph,
  int64s,
  model,
  node,
  tensor,
  TYPES,
  value,
  type ModelParts,
} from './onnx-builder';

export interface HostileModel {
  readonly what: string;
  /** Rule that finds it. */
  readonly rule: string;
  readonly content: Uint8Array | string;
  /** Prepares the files beside the model. */
  readonly beside?: (directory: string) => void;
}

const broken = (
  rule: string,
  what: string,
  parts: ModelParts,
  beside?: HostileModel['beside'],
): HostileModel => ({
  what,
  rule,
  content: bytesOf(model(parts)),
  beside,
});

const bytes = (rule: string, what: string, content: Uint8Array | string): HostileModel => ({
  rule,
  what,
  content,
});

/** x plus one tensor, so that it is used. */
const using = (
  rule: string,
  what: string,
  weights: TensorProto,
  beside?: HostileModel['beside'],
): HostileModel =>
  broken(rule, what, { nodes: [node('Add', ['x', weights.name], ['y'])], initializers: [weights] }, beside);

const FOREIGN_FILES = [
  bytes('not-onnx', 'an empty file', ''),
  bytes(
    'not-onnx',
    'a Git LFS pointer',
    'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  ),
  bytes('not-onnx', 'a web page', '<!DOCTYPE html><html><body>403</body></html>'),
  bytes('not-onnx', 'a zip archive of PyTorch', 'PK\x03\x04archive/data.pkl'),
  bytes('not-onnx', 'a pickle', Buffer.from([0x80, 0x04, 0x95, 0, 0, 0])),
  bytes('not-onnx', 'a pickle of the first protocol', "cos\nsystem\n(S'id'\ntR."),
  bytes('not-onnx', 'a NumPy file', Buffer.from('\x93NUMPY\x01\x00', 'latin1')),
  bytes('not-onnx', 'an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')),
  bytes('not-onnx', 'a TensorFlow Lite model', '\x1c\0\0\0TFL3'),
  bytes('not-onnx', 'an ORT model', '\x1c\0\0\0ORTM'),
  bytes('not-onnx', 'a gzip archive', Buffer.from([0x1f, 0x8b, 0x08, 0])),
];

const whole = bytesOf(model());

const BROKEN_FILES = [
  bytes('onnx-broken', 'a model cut off', whole.subarray(0, whole.length - 3)),
  bytes('onnx-broken', 'a length beyond the end', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f])),
  bytes('onnx-broken', 'a length of 64 bits', Buffer.from([0x3a, ...new Array<number>(9).fill(0xff), 0x01])),
  bytes('onnx-broken', 'a number without end', Buffer.from(new Array<number>(16).fill(0xff))),
  bytes('onnx-broken', 'a group', Buffer.from([0x08, 0x09, 0x0b])),
  bytes('onnx-broken', 'field number 0', Buffer.from([0x02, 0x00])),
  bytes('onnx-broken', 'graphs nested 200 deep', nestedBytes(200)),
  bytes('onnx-broken', 'no IR version', bytesOf(model({ irVersion: 0n }))),
  bytes('onnx-broken', 'no operator set', bytesOf(model({ opsetImport: [] }))),
  bytes('onnx-broken', 'no graph', Buffer.from([0x08, 0x09, 0x42, 0x02, 0x10, 0x12])),
  bytes('onnx-broken', 'no outputs', bytesOf(model({ outputs: [] }))),
];

const VERSIONS = [
  broken('ir-version', 'an IR version to come', { irVersion: 99n }),
  broken('opset', 'an operator set to come', { opsetImport: [{ version: 99n }] }),
  broken('opset', 'an operator set long gone', { opsetImport: [{ version: 1n }] }),
];

const branch = (nodes: GraphProto['node'], output = 'b') =>
  graph({ node: nodes, output: [value(output, ['batch', 2])] });
const choice = (nodes: GraphProto['node']): ModelParts => ({
  nodes: [
    node('If', ['flag'], ['y'], {
      then_branch: branch(nodes),
      else_branch: branch([node('Identity', ['x'], ['b'])]),
    }),
  ],
  initializers: [bool('flag', true)],
});

const OPERATORS = [
  broken('operator-domain', 'an operator of a foreign domain', {
    nodes: [node('Secret', ['x'], ['y'], {}, { domain: 'evil.example' })],
    opsetImport: [{ version: 18n }, { domain: 'evil.example', version: 1n }],
  }),
  broken(
    'operator-domain',
    'one inside a branch',
    choice([node('Secret', ['x'], ['b'], {}, { domain: 'evil.example' })]),
  ),
  broken('operator-domain', 'one inside a function', {
    nodes: [node('F', ['x'], ['y'], {}, { domain: 'own' })],
    functions: [definition('F', [node('Secret', ['a'], ['b'], {}, { domain: 'evil.example' })])],
  }),
  broken('operator-domain', 'a function that is not there', {
    nodes: [node('F', ['x'], ['y'], {}, { domain: 'own' })],
  }),
  broken('operator-code', 'an operator that runs Python', {
    nodes: [node('PythonOp', ['x'], ['y'], {}, { domain: 'com.microsoft' })],
    opsetImport: [{ version: 18n }, { domain: 'com.microsoft', version: 1n }],
  }),
  broken('operator-code', 'an operator that loads a binary', {
    nodes: [
      node('EPContext', ['x'], ['y'], { ep_cache_context: '/tmp/evil.so' }, { domain: 'com.microsoft' }),
    ],
    opsetImport: [{ version: 18n }, { domain: 'com.microsoft', version: 1n }],
  }),
  broken('opset-missing', 'operators of no told version', { opsetImport: [{ domain: 'own', version: 1n }] }),
];

const call = (name: string, input: string, output: string) =>
  node(name, [input], [output], {}, { domain: 'own' });
/** Ten calls of the next function, one after the other. */
const tenfold = (name: string, next: string) =>
  definition(
    name,
    Array.from({ length: 10 }, (_, index) =>
      call(next, index === 0 ? 'a' : `v${index}`, index === 9 ? 'b' : `v${index + 1}`),
    ),
  );

const GRAPHS = [
  broken('duplicate-name', 'a value made twice', {
    nodes: [node('Abs', ['x'], ['y']), node('Neg', ['x'], ['y'])],
  }),
  broken('duplicate-name', 'an input that is made', {
    nodes: [node('Abs', ['x'], ['x']), node('Neg', ['x'], ['y'])],
  }),
  broken('duplicate-name', 'two initialisers of one name', {
    nodes: [node('Add', ['x', 'w'], ['y'])],
    initializers: [floats('w', [1, 2]), floats('w', [3, 4])],
  }),
  broken('duplicate-name', 'two functions of one name', {
    nodes: [call('F', 'x', 'y')],
    functions: [definition('F', [node('Abs', ['a'], ['b'])]), definition('F', [node('Neg', ['a'], ['b'])])],
  }),
  broken('missing-input', 'a value nothing makes', { nodes: [node('Add', ['x', 'nowhere'], ['y'])] }),
  broken('missing-input', 'one inside a branch', choice([node('Add', ['x', 'nowhere'], ['b'])])),
  broken('missing-input', 'an output nothing makes', { outputs: [value('z', ['batch', 2])] }),
  broken('missing-input', 'a function that uses what is outside', {
    nodes: [call('F', 'x', 'y')],
    functions: [definition('F', [node('Add', ['a', 'x'], ['b'])])],
  }),
  broken('unsorted-nodes', 'nodes in the wrong order', {
    nodes: [node('Abs', ['a'], ['y']), node('Neg', ['x'], ['a'])],
  }),
  broken('unsorted-nodes', 'a branch before what it uses', {
    ...choice([node('Identity', ['late'], ['b'])]),
    nodes: [...(choice([node('Identity', ['late'], ['b'])]).nodes ?? []), node('Neg', ['x'], ['late'])],
  }),
  broken('graph-cycle', 'a node that feeds itself', { nodes: [node('Add', ['x', 'y'], ['y'])] }),
  broken('graph-cycle', 'two nodes that feed each other', {
    nodes: [node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Abs', ['a'], ['y'])],
  }),
  broken('graph-cycle', 'a branch that feeds its own node', choice([node('Identity', ['y'], ['b'])])),
  broken(
    'graph-cycle',
    'a circle inside a branch',
    choice([node('Add', ['x', 'c'], ['b']), node('Neg', ['b'], ['c'])]),
  ),
  broken('function-recursion', 'a function that calls itself', {
    nodes: [call('F', 'x', 'y')],
    functions: [definition('F', [call('F', 'a', 'b')])],
  }),
  broken('function-recursion', 'functions that call each other', {
    nodes: [call('F', 'x', 'y')],
    functions: [definition('F', [call('G', 'a', 'b')]), definition('G', [call('F', 'a', 'b')])],
  }),
  broken('function-recursion', 'one that does so inside a branch', {
    nodes: [call('F', 'x', 'y')],
    functions: [
      definition('F', [
        node('Constant', [], ['c'], { value: bool('', true) }),
        node('If', ['c'], ['b'], {
          then_branch: branch([call('F', 'a', 't')], 't'),
          else_branch: branch([call('F', 'a', 'e')], 'e'),
        }),
      ]),
    ],
  }),
  broken('function-expansion', 'functions that multiply', {
    nodes: [call('F0', 'x', 'y')],
    functions: [
      ...Array.from({ length: 9 }, (_, index) => tenfold(`F${index}`, `F${index + 1}`)),
      definition('F9', [node('Abs', ['a'], ['b'])]),
    ],
  }),
  broken('nesting-depth', 'branches nested 20 deep', nestedBranches(20)),
];

const sparse = (values: TensorProto, indices: TensorProto, dims: readonly bigint[]): ModelParts => ({
  nodes: [node('Add', ['x', 'w'], ['y'])],
  sparse: [create(SparseTensorProtoSchema, { values, indices, dims: [...dims] })],
});

const TENSORS = [
  using('tensor-size', 'a negative size', tensor('w', { dims: [-2n] })),
  using('tensor-size', 'sizes that overflow', tensor('w', { dims: [1n << 40n, 1n << 40n] })),
  using('tensor-size', 'sizes that overflow to 0', tensor('w', { dims: [1n << 32n, 1n << 32n] })),
  using('tensor-size', 'a hundred dimensions', floats('w', [1], new Array<number>(100).fill(1))),
  using(
    'tensor-type',
    'an unknown element type',
    tensor('w', { dims: [1n], dataType: 77, rawData: Uint8Array.of(1) }),
  ),
  using(
    'tensor-type',
    'no element type',
    tensor('w', { dims: [1n], dataType: 0, rawData: Uint8Array.of(1) }),
  ),
  using('tensor-data', 'fewer bytes than its shape', floats('w', [1], [2])),
  using('tensor-data', 'more bytes than its shape', floats('w', [1, 2, 3], [2])),
  using(
    'tensor-data',
    'fewer bytes in a large tensor',
    floats('w', new Array<number>(5000).fill(1), [1_000_000, 2]),
  ),
  using('tensor-data', 'fewer values than its shape', tensor('w', { dims: [2n], floatData: [1] })),
  using(
    'tensor-data',
    'fewer values in a large list',
    tensor('w', { dims: [9000n], dataType: TYPES.int64, int64Data: new Array<bigint>(8999).fill(300n) }),
  ),
  using('tensor-data', 'no elements', tensor('w', { dims: [2n] })),
  using(
    'tensor-data',
    'elements twice',
    tensor('w', { dims: [1n], floatData: [1], rawData: new Uint8Array(4) }),
  ),
  using('tensor-data', 'elements in the field of another type', tensor('w', { dims: [1n], int64Data: [1n] })),
  using(
    'tensor-data',
    'a piece of a tensor',
    tensor('w', { dims: [2n], rawData: new Uint8Array(8), segment: { begin: 0n, end: 8n } }),
  ),
  broken('tensor-data', 'a short constant', {
    nodes: [node('Constant', [], ['c'], { value: floats('', [1], [2]) }), node('Add', ['x', 'c'], ['y'])],
  }),
  broken('tensor-data', 'a short tensor of a training graph', {
    trainingInfo: [{ initialization: graph({ initializer: [floats('w', [1], [2])] }) }],
  }),
  broken('sparse-tensor', 'an index outside of the tensor', sparse(floats('w', [1]), int64s('', [7]), [2n])),
  broken('sparse-tensor', 'a negative index', sparse(floats('w', [1]), int64s('', [-1]), [2n])),
  broken(
    'sparse-tensor',
    'an index outside of one axis',
    sparse(floats('w', [1]), int64s('', [0, 2], [1, 2]), [2n, 2n]),
  ),
  broken('sparse-tensor', 'more values than indices', sparse(floats('w', [1, 2]), int64s('', [0]), [2n])),
  broken(
    'sparse-tensor',
    'indices of another rank',
    sparse(floats('w', [1]), int64s('', [0, 0, 0], [1, 3]), [1n, 2n]),
  ),
  broken('sparse-tensor', 'a negative size', sparse(floats('w', [1]), int64s('', [0]), [-2n])),
];

const beside =
  (name: string, content: Uint8Array | string = new Uint8Array(8)) =>
  (directory: string) => {
    writeFileSync(join(directory, name), content);
  };
const secret = (directory: string) => {
  const file = join(directory, '..', 'secret.bin');
  writeFileSync(file, new Uint8Array(8));
  return file;
};
const located = (location: string, entries: Readonly<Record<string, string>> = {}) =>
  external('w', [2], { location, ...entries });
const sha1 = (content: Uint8Array) => createHash('sha1').update(content).digest('hex');

const EXTERNAL_DATA = [
  using('external-path', 'weights above the directory', located('../secret.bin'), secret),
  using('external-path', 'weights at an absolute path', located('/etc/hostname')),
  using('external-path', 'weights on another drive', located('C:\\secret.bin')),
  using('external-path', 'a way up among the folders', located('a/../../secret.bin'), secret),
  using('external-path', 'a way up with backslashes', located('a\\..\\..\\secret.bin'), secret),
  using('external-path', 'weights of no place', external('w', [2], {})),
  using(
    'external-path',
    "the runtime's memory",
    located('*/_ORT_MEM_ADDR_/*', { offset: '140000000000', length: '8' }),
  ),
  using('external-path', 'a name with a zero byte', located('weights.bin\0.txt'), beside('weights.bin')),
  using('external-missing', 'weights that are not there', located('weights.bin')),
  using('external-missing', 'a name no file system takes', located('w'.repeat(5000))),
  using('external-missing', 'a directory', located('weights.bin'), (directory) => {
    mkdirSync(join(directory, 'weights.bin'));
  }),
  using('external-link', 'a symbolic link', located('weights.bin'), (directory) => {
    symlinkSync(secret(directory), join(directory, 'weights.bin'));
  }),
  using('external-link', 'a hard link', located('weights.bin'), (directory) => {
    linkSync(secret(directory), join(directory, 'weights.bin'));
  }),
  using('external-link', 'a folder that is a link', located('folder/secret.bin'), (directory) => {
    secret(directory);
    symlinkSync(join(directory, '..'), join(directory, 'folder'));
  }),
  using('external-range', 'a file that is too short', located('weights.bin'), beside('weights.bin', 'abcd')),
  using(
    'external-range',
    'a place beyond the file',
    located('weights.bin', { offset: '4096', length: '8' }),
    beside('weights.bin'),
  ),
  using(
    'external-range',
    'a negative offset',
    located('weights.bin', { offset: '-8' }),
    beside('weights.bin'),
  ),
  using(
    'external-range',
    'an offset of 2^64',
    located('weights.bin', { offset: '18446744073709551616' }),
    beside('weights.bin'),
  ),
  using(
    'external-range',
    'a length of another shape',
    located('weights.bin', { length: '4' }),
    beside('weights.bin'),
  ),
  using(
    'external-key',
    'an unknown key',
    located('weights.bin', { __class__: 'evil' }),
    beside('weights.bin'),
  ),
  using(
    'external-key',
    'a key that comes twice',
    tensor('w', {
      dims: [2n],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'location', value: '../secret.bin' },
      ],
    }),
    beside('weights.bin'),
  ),
  using(
    'external-key',
    'entries of a tensor that is inside',
    tensor('w', {
      dims: [2n],
      rawData: new Uint8Array(8),
      externalData: [{ key: 'location', value: '/etc/hostname' }],
    }),
  ),
  using(
    'external-checksum',
    'another checksum',
    located('weights.bin', { checksum: sha1(new Uint8Array(9)) }),
    beside('weights.bin'),
  ),
  broken(
    'external-path',
    'weights of a constant',
    {
      nodes: [
        node('Constant', [], ['c'], { value: located('../secret.bin') }),
        node('Add', ['x', 'c'], ['y']),
      ],
    },
    secret,
  ),
  broken('external-path', 'weights of a function', {
    nodes: [call('F', 'x', 'y')],
    functions: [
      definition('F', [
        node('Constant', [], ['c'], { value: located('/etc/hostname') }),
        node('Add', ['a', 'c'], ['b']),
      ]),
    ],
  }),
  broken(
    'external-path',
    'weights of a branch',
    choice([
      node('Constant', [], ['c'], { value: located('/etc/hostname') }),
      node('Add', ['x', 'c'], ['b']),
    ]),
  ),
  broken(
    'external-path',
    'weights of a training graph',
    {
      trainingInfo: [{ algorithm: graph({ initializer: [located('../secret.bin')] }) }],
    },
    secret,
  ),
  broken(
    'external-path',
    'values of a sparse tensor',
    sparse(located('../secret.bin'), int64s('', [0, 1]), [2n]),
    secret,
  ),
];

const half = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
const spoiled = (length: number) =>
  Array.from({ length }, (_, index) => (index === length - 1 ? NaN : index));

const WEIGHTS = [
  using('weights-not-finite', 'NaN', floats('w', [1, NaN])),
  using('weights-not-finite', 'an infinity', floats('w', [1, Infinity])),
  using('weights-not-finite', 'negative infinities among weights', floats('w', [1, 2, -Infinity])),
  using('weights-not-finite', 'NaN as a single value', floats('w', [NaN], [])),
  using(
    'weights-not-finite',
    'NaN at the end of a large tensor',
    floats('w', spoiled(600_000), [300_000, 2]),
  ),
  using('weights-not-finite', 'NaN in a list of values', tensor('w', { dims: [2n], floatData: [1, NaN] })),
  using(
    'weights-not-finite',
    'NaN of 64 bits',
    tensor('w', { dims: [2n], dataType: TYPES.float64, doubleData: [1, NaN] }),
  ),
  using(
    'weights-not-finite',
    'NaN of 16 bits',
    tensor('w', { dims: [2n], dataType: TYPES.float16, rawData: half(0x3c00, 0x7e00) }),
  ),
  using(
    'weights-not-finite',
    'NaN of bfloat16',
    tensor('w', { dims: [2n], dataType: TYPES.bfloat16, int32Data: [0x3f80, 0x7fc0] }),
  ),
  using(
    'weights-not-finite',
    'NaN of 8 bits',
    tensor('w', { dims: [2n], dataType: 17, rawData: Uint8Array.of(1, 0x7f) }),
  ),
  using(
    'weights-not-finite',
    'NaN of 16 bits in a large list',
    tensor('w', {
      dims: [3000n],
      dataType: TYPES.float16,
      int32Data: new Array<number>(3000).fill(0x7e00),
    }),
  ),
  using(
    'weights-not-finite',
    'NaN beside the model',
    located('weights.bin'),
    beside('weights.bin', new Uint8Array(Float32Array.of(1, NaN).buffer)),
  ),
  broken('weights-not-finite', 'NaN in a constant', {
    nodes: [node('Constant', [], ['c'], { value: floats('', [1, NaN]) }), node('Add', ['x', 'c'], ['y'])],
  }),
];

const huge = (nodes: ModelParts['nodes'], initializers: TensorProto[] = []): ModelParts => ({
  nodes: [...(nodes ?? []), node('Identity', ['x'], ['y'])],
  initializers,
});
const loop = (
  limit: string,
  condition: string,
  body: GraphProto,
  initializers: TensorProto[],
): ModelParts => ({
  nodes: [node('Loop', [limit, condition, 'x'], ['y'], { body })],
  initializers,
});
const body = (condition: GraphProto['node'], initializer: TensorProto[] = []) =>
  graph({
    input: [value('i', [], TYPES.int64), value('go', [], TYPES.bool), value('v', ['batch', 2])],
    node: [node('Identity', ['v'], ['w']), ...condition],
    output: [value('on', [], TYPES.bool), value('w', ['batch', 2])],
    initializer,
  });
const pass = body([node('Identity', ['go'], ['on'])]);

const RESOURCES = [
  broken(
    'allocation',
    '160 GB of one constant',
    huge([node('ConstantOfShape', ['s'], ['z'])], [int64s('s', [40_000_000_000])]),
  ),
  broken(
    'allocation',
    'a shape that is computed',
    huge(
      [node('Mul', ['s', 's'], ['t']), node('ConstantOfShape', ['t'], ['z'])],
      [int64s('s', [1000, 1000])],
    ),
  ),
  broken(
    'allocation',
    'one element expanded',
    huge([node('Expand', ['o', 's'], ['z'])], [floats('o', [1]), int64s('s', [20_000, 20_000])]),
  ),
  broken(
    'allocation',
    'one element repeated',
    huge([node('Tile', ['o', 's'], ['z'])], [floats('o', [1]), int64s('s', [400_000_000])]),
  ),
  broken(
    'allocation',
    'an image enlarged',
    huge(
      [node('Resize', ['o', '', '', 's'], ['z'])],
      [floats('o', [1, 2, 3, 4], [1, 1, 2, 2]), int64s('s', [1, 1, 30_000, 30_000])],
    ),
  ),
  broken(
    'allocation',
    'a long range',
    huge(
      [node('Range', ['a', 'b', 'c'], ['z'])],
      [int64s('a', [0], []), int64s('b', [1_000_000_000], []), int64s('c', [1], [])],
    ),
  ),
  broken(
    'allocation',
    'a wide margin',
    huge([node('Pad', ['o', 's'], ['z'])], [floats('o', [1]), int64s('s', [0, 2_000_000_000])]),
  ),
  broken(
    'allocation',
    'many classes',
    huge(
      [node('OneHot', ['i', 'd', 'v'], ['z'])],
      [int64s('i', [0, 1]), int64s('d', [1_000_000_000], []), floats('v', [0, 1])],
    ),
  ),
  broken(
    'allocation',
    'one inside a branch',
    choice([
      node('Constant', [], ['s'], { value: int64s('', [40_000_000_000]) }),
      node('ConstantOfShape', ['s'], ['z']),
      node('Identity', ['x'], ['b']),
    ]),
  ),
  broken('endless-loop', 'a loop without limit or condition', loop('', '', pass, [])),
  broken('endless-loop', 'a loop whose condition is true', loop('', 'true', pass, [bool('true', true)])),
  broken(
    'endless-loop',
    'a limit of 2^63 rounds',
    loop('m', '', pass, [int64s('m', [9_223_372_036_854_775_807n], [])]),
  ),
  broken(
    'endless-loop',
    'a constant condition in the body',
    loop(
      '',
      'true',
      body([node('Constant', [], ['t'], { value: bool('', true) }), node('Identity', ['t'], ['on'])]),
      [bool('true', true)],
    ),
  ),
  broken(
    'endless-loop',
    'a stored condition in the body',
    loop('', 'true', body([], [bool('on', true)]), [bool('true', true)]),
  ),
];

/** Found from the file alone. */
export const HOSTILE_MODELS: readonly HostileModel[] = [
  ...FOREIGN_FILES,
  ...BROKEN_FILES,
  ...VERSIONS,
  ...OPERATORS,
  ...GRAPHS,
  ...TENSORS,
  ...EXTERNAL_DATA,
  ...WEIGHTS,
  ...RESOURCES,
];

/** A Loop that goes on as long as the input equals itself. */
export const LOOP_BY_INPUT = bytesOf(
  model(
    loop(
      '',
      'true',
      body([
        node('Equal', ['v', 'v'], ['e']),
        node('Cast', ['e'], ['n'], { to: 6 }),
        node('ReduceMin', ['n'], ['r'], { keepdims: 0 }),
        node('Cast', ['r'], ['on'], { to: 9 }),
      ]),
      [bool('true', true)],
    ),
  ),
);

/** A Loop that doubles a value forty times. */
export const DOUBLING = bytesOf(
  model({
    nodes: [
      node('Loop', ['m', '', 'x'], ['z'], {
        body: graph({
          input: [value('i', [], TYPES.int64), value('go', [], TYPES.bool), value('v', ['n', 2])],
          node: [node('Concat', ['v', 'v'], ['w'], { axis: 0 }), node('Identity', ['go'], ['on'])],
          output: [value('on', [], TYPES.bool), value('w', ['m', 2])],
        }),
      }),
      node('ReduceSum', ['z'], ['s']),
      node('Add', ['x', 's'], ['y']),
    ],
    initializers: [int64s('m', [40], [])],
  }),
);

function nestedBranches(depth: number): ModelParts {
  let nodes = [node('Identity', ['x'], ['b'])];
  for (let level = 0; level < depth; level++) {
    nodes = [
      node('If', ['flag'], [level === depth - 1 ? 'y' : 'b'], {
        then_branch: branch(nodes),
        else_branch: branch([node('Identity', ['x'], ['b'])]),
      }),
    ];
  }
  return { nodes, initializers: [bool('flag', true)] };
}

/** Each layer is field 6 (subgraph) of an attribute of a node of a graph. */
function nestedBytes(depth: number): Uint8Array {
  const wrap = (tag: number, content: Uint8Array) => {
    const length: number[] = [];
    let rest = content.length;
    for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
    return Buffer.concat([Buffer.from([tag, ...length, rest]), content]);
  };
  let content: Uint8Array = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) content = wrap(0x0a, wrap(0x2a, wrap(0x32, content)));
  return Buffer.concat([Buffer.from([0x08, 0x09]), wrap(0x3a, content)]);
}
