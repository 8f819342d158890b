import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectModel, renderModel } from '../../lib/artifact';
import { bytesOf, floats, int64s, model, node, value, type ModelParts } from './onnx-builder';
import { temporaryDirectory } from './support';

function written(parts: ModelParts): string {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(file, bytesOf(model(parts)));
  return file;
}

const zeros = (name: string, dims: readonly number[]) =>
  floats(name, new Array<number>(dims.reduce((all, size) => all * size, 1)).fill(0), dims);

test('counts operations and the values that live at one time', () => {
  const file = written({
    nodes: [
      node('Conv', ['x', 'k'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['g']),
      node('Flatten', ['g'], ['f']),
      node('Gemm', ['f', 'w', 'b'], ['y'], { transB: 1 }),
    ],
    inputs: [value('x', ['batch', 3, 8, 8])],
    outputs: [value('y', ['batch', 10])],
    initializers: [zeros('k', [4, 3, 3, 3]), zeros('w', [10, 4]), zeros('b', [10])],
  });
  const one = 2 * 4 * 64 * 27 + 4 * 64 + 4 * 64 + 2 * 10 * 4;
  expect(inspectModel(file)).toMatchObject({
    parameters: 158,
    estimates: { sizes: { batch: 1 }, flops: one, peakActivationBytes: 2 * 4 * 64 * 4, unknown: [] },
  });
  expect(inspectModel(file, { sizes: { batch: 8 } }).estimates).toMatchObject({
    sizes: { batch: 8 },
    flops: 8 * one,
    peakActivationBytes: 8 * 2 * 4 * 64 * 4,
  });
});

test('follows shapes that the graph computes', () => {
  const { estimates } = inspectModel(
    written({
      nodes: [
        node('Shape', ['x'], ['s']),
        node('Slice', ['s', 'zero', 'one'], ['rows']),
        node('Concat', ['rows', 'rest'], ['t'], { axis: 0 }),
        node('Reshape', ['x', 't'], ['r']),
        node('Transpose', ['r'], ['p'], { perm: [0, 2, 1] }),
        node('MatMul', ['r', 'p'], ['y']),
      ],
      inputs: [value('x', ['batch', 24])],
      initializers: [int64s('zero', [0]), int64s('one', [1]), int64s('rest', [4, 6])],
    }),
  );
  expect(estimates).toMatchObject({ flops: 2 * 4 * 4 * 6, unknown: [] });
});

test.each([
  ['LSTM', 4],
  ['GRU', 3],
  ['RNN', 1],
])('counts the gates of %s', (operator, gates) => {
  const { estimates } = inspectModel(
    written({
      nodes: [node(operator, ['x', 'w', 'r'], ['y'], { hidden_size: 5 })],
      inputs: [value('x', [7, 'batch', 3])],
      initializers: [zeros('w', [1, gates * 5, 3]), zeros('r', [1, gates * 5, 5])],
    }),
  );
  expect(estimates).toMatchObject({
    flops: 2 * 7 * gates * 5 * (3 + 5),
    unknown: [],
    peakActivationBytes: 7 * 5 * 4,
  });
});

test('says what it does not know, and which sizes it took', () => {
  const file = written({
    nodes: [node('NonZero', ['x'], ['n']), node('Cast', ['n'], ['c'], { to: 1 }), node('Relu', ['c'], ['y'])],
    inputs: [value('x', ['?', 2])],
    outputs: [value('y', [2, 'found'])],
  });
  const inspection = inspectModel(file);
  expect(inspection.estimates).toEqual({
    sizes: { 'x.0': 1 },
    flops: 0,
    peakActivationBytes: 0,
    unknown: [{ domain: 'ai.onnx', name: 'Relu', count: 1 }],
  });
  expect(renderModel(inspection)).toContain(
    [
      'estimates      0 operations, 0 bytes of values at most, with x.0 = 1',
      '               without these, of unknown shape: 1 × Relu',
    ].join('\n'),
  );
});

test('refuses a size that no input has', () => {
  expect(() => inspectModel(written({}), { sizes: { rows: 3 } })).toThrow(
    'rows: is no size of an input that varies [size-unknown]\n    fix: name one of batch',
  );
});
