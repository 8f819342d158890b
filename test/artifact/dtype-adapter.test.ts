import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { ModelProcess, RuntimePool, toNumbers, type AnyTensor, type ElementType } from '../../lib/artifact';
import { elementTypeNumber } from '../../lib/artifact/onnx/element-types';
import { ValueInfoProtoSchema } from '../../lib/artifact/onnx/onnx_pb';
import { bytesOf, external, model, node, tensor, value, type ModelParts } from './onnx-builder';
import { float32, modelFile, temporaryDirectory } from './support';

jest.setTimeout(30_000);

const pool = new RuntimePool({ size: 1 });
afterAll(() => pool.close());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

function write(parts: ModelParts): string {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(file, bytesOf(model({ irVersion: 13n, opsetImport: [{ version: 25n }], ...parts })));
  return file;
}

const identityOf = (type: ElementType, size: number) => ({
  inputs: [value('x', [size], elementTypeNumber(type))],
  outputs: [value('y', [size], elementTypeNumber(type))],
});

async function answer(file: string, feeds: Record<string, AnyTensor>): Promise<Record<string, AnyTensor>> {
  const started = await pool.start(file, { adaptTypes: true });
  try {
    return await started.run(feeds);
  } finally {
    await started.stop();
  }
}

/** Bits that stand for NaN but are not the ones that come back for it. */
const isOtherNan = (type: ElementType, bits: number) =>
  Number.isNaN(toNumbers({ dtype: type, shape: [1], data: Uint8Array.of(bits) })[0]) &&
  bits !== { float8e4m3fn: 0x7f, float8e5m2: 0x7d }[type as string];

test.each(['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'] as const)(
  'every value of %s goes through unchanged',
  async (type) => {
    const data = Uint8Array.from(range(0, 255).filter((bits) => bits === 0x80 || !isOtherNan(type, bits)));
    const { y } = await answer(write(identityOf(type, data.length)), {
      x: { dtype: type, shape: [data.length], data },
    });
    expect([y?.dtype, y?.shape, ...(y?.data ?? [])]).toEqual([type, [data.length], ...data]);
  },
);

test.each([
  ['int4', Int8Array.from(range(-8, 7))],
  ['uint4', Uint8Array.from(range(0, 15))],
  ['int2', Int8Array.from(range(-2, 1))],
  ['uint2', Uint8Array.from(range(0, 3))],
  ['bfloat16', Uint16Array.of(0x3f80, 0x3f81, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x0001)],
  ['uint16', Uint16Array.of(0, 65535)],
  ['uint32', Uint32Array.of(0, 2 ** 32 - 1)],
  ['uint64', BigUint64Array.of(0n, 2n ** 64n - 1n)],
  ['float32', Float32Array.of(0.1, NaN)],
] as const)('every value of %s goes through unchanged', async (type, data) => {
  const { y } = await answer(write(identityOf(type, data.length)), {
    x: { dtype: type, shape: [data.length], data },
  });
  expect([y?.dtype, y?.shape, ...(y?.data ?? [])]).toEqual([type, [data.length], ...data]);
});

test('inputs and outputs are told as the model has them', async () => {
  const started = await pool.start(write(identityOf('bfloat16', 3)), { adaptTypes: true });
  expect(started.inputs).toEqual({ x: { dtype: 'bfloat16', shape: [3] } });
  expect(started.outputs).toEqual({ y: { dtype: 'bfloat16', shape: [3] } });
  await started.stop();
});

test('an output that would abort the runtime is carried', async () => {
  const { y } = await answer(modelFile('int4-output'), { x: float32([1, 2], [-3, 7]) });
  expect([y?.dtype, ...(y?.data ?? [])]).toEqual(['int4', -3, 7]);
});

test('without the adapter the model fails as it does in the server', async () => {
  await expect(ModelProcess.start(write(identityOf('bfloat16', 3)))).rejects.toThrow('[model-load]');
});

test('an input with a value of its own keeps it', async () => {
  const type = elementTypeNumber('bfloat16');
  const file = write({
    inputs: [value('x', [2], type), value('w', [2], type)],
    outputs: [value('y', [2], type)],
    nodes: [node('Add', ['x', 'w'], ['sum']), node('Cast', ['sum'], ['y'], { to: type })],
    initializers: [tensor('w', { dims: [2n], dataType: type, int32Data: [0x3f80, 0x4000] })],
  });
  const data = Uint16Array.of(0x3f80, 0x3f80);
  const outcome = await answer(file, { x: { dtype: 'bfloat16', shape: [2], data } }).catch(String);
  // 1 + 1 and 1 + 2, where the runtime adds in bfloat16 at all.
  if (typeof outcome === 'string') expect(outcome).toContain('Could not find an implementation for Add');
  else expect([...(outcome.y?.data ?? [])]).toEqual([0x4000, 0x4040]);
});

test('a type that the runtime itself has no cast for is told by the input', async () => {
  await expect(answer(write(identityOf('float4e2m1', 2)), {})).rejects.toThrow(
    "Could not find an implementation for Cast(25) node with name 'x/carried' [model-load]",
  );
});

test('what no tensor is, is refused by name', async () => {
  const sequence = create(ValueInfoProtoSchema, {
    name: 'x',
    type: {
      value: {
        case: 'sequenceType',
        value: { elemType: { value: { case: 'tensorType', value: { elemType: 1 } } } },
      },
    },
  });
  await expect(answer(write({ inputs: [sequence] }), {})).rejects.toThrow(
    'input "x" is of type sequence, which the Node binding does not carry [element-type]',
  );
  await expect(answer(write(identityOf('complex64' as ElementType, 1)), {})).rejects.toThrow(
    'input "x" is of type complex64',
  );
});

describe('weights beside an adapted model', () => {
  const parts = (location: string): ModelParts => ({
    ...identityOf('bfloat16', 2),
    inputs: [value('x', [2], elementTypeNumber('bfloat16'))],
    nodes: [
      node('Cast', ['x'], ['wide'], { to: 1 }),
      node('Add', ['wide', 'w'], ['sum']),
      node('Cast', ['sum'], ['y'], { to: elementTypeNumber('bfloat16') }),
    ],
    initializers: [external('w', [2], { location, offset: '0', length: '8' })],
  });
  const weights = Buffer.from(Float32Array.of(1, 2).buffer);
  const feeds: Record<string, AnyTensor> = {
    x: { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3f80, 0x3f80) },
  };

  test('are found in its directory', async () => {
    const file = write(parts('weights.bin'));
    writeFileSync(join(file, '..', 'weights.bin'), weights);
    expect([...((await answer(file, feeds)).y?.data ?? [])]).toEqual([0x4000, 0x4040]);
  });

  test.each<[string, (secret: string, directory: string) => string]>([
    ['by their path', () => '../secret.bin'],
    ['by an absolute path', (secret) => secret],
    [
      'by a symbolic link',
      (secret, directory) => {
        symlinkSync(secret, join(directory, 'link.bin'));
        return 'link.bin';
      },
    ],
    [
      'by a hard link',
      (secret, directory) => {
        linkSync(secret, join(directory, 'link.bin'));
        return 'link.bin';
      },
    ],
  ])('are not read outside of it %s', async (_, locate) => {
    const directory = join(temporaryDirectory(), 'inner');
    mkdirSync(directory);
    const secret = join(directory, '..', 'secret.bin');
    writeFileSync(secret, weights);
    const location = locate(secret, directory);
    const file = join(directory, 'model.onnx');
    const content = model({ irVersion: 13n, opsetImport: [{ version: 25n }], ...parts(location) });
    writeFileSync(file, bytesOf(content));
    await expect(answer(file, feeds)).rejects.toThrow('[model-load]');
    await expect(answer(file, feeds)).rejects.toThrow(
      /external data ".*" is not a plain file in the directory of the model|ENOENT/,
    );
  });
});
