import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readStructure } from '../../lib/artifact';
import { inferShapes } from '../../lib/artifact/onnx/shapes/infer';
import { COMPUTE_RULES } from '../../lib/artifact/onnx/shapes/rules-compute';
import { SHAPE_RULES } from '../../lib/artifact/onnx/shapes/rules-shape';
import { valueOfType, type Value } from '../../lib/artifact/onnx/shapes/value';
import { attribute, floats, int64s, model, node, value, type ModelParts } from './onnx-builder';
import { onnxSuite } from './support';

jest.setTimeout(60_000);

function lastOf(parts: ModelParts): Value | undefined {
  return inferShapes(model(parts)).at(-1)?.outputs[0];
}

/** The ONNX backend suite. */
const SUITE = onnxSuite();

test('no shape contradicts those of the ONNX suite, and most are known', () => {
  const wrong: string[] = [];
  let known = 0;
  for (const name of readdirSync(SUITE, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.onnx'),
  )) {
    const read = readStructure(join(SUITE, name)).model;
    const main = read.graph;
    if (!main) continue;
    // Only what follows from the inputs: what the file says of its outputs is what is compared.
    const outputs = main.output.map((output) => [output.name, valueOfType(output.type).shape] as const);
    for (const output of main.output) output.type = undefined;
    main.valueInfo.length = 0;
    const nodes = inferShapes(read).filter(({ scope }) => scope.kind === 'graph');
    for (const [output, wanted] of outputs) {
      const maker = nodes.find((candidate) => candidate.node.output.includes(output));
      const shape = maker?.outputs[maker.node.output.indexOf(output)]?.shape;
      if (!shape || !wanted?.every((size) => typeof size === 'number')) continue;
      known++;
      const fits =
        shape.length === wanted.length &&
        shape.every((size, axis) => typeof size === 'string' || size === wanted[axis]);
      if (!fits) wrong.push(`${name}: ${maker.node.opType} [${shape.join()}], wanted [${wanted.join()}]`);
    }
  }
  expect(wrong).toEqual([]);
  expect(known).toBeGreaterThan(1400);
});

test.each<[string, ModelParts, Partial<Value>]>([
  [
    'a slice of a table',
    {
      nodes: [node('Slice', ['t', 's', 'e', 'a'], ['y'])],
      initializers: [
        int64s('t', [1, 2, 3, 4, 5, 6], [2, 3]),
        int64s('s', [1]),
        int64s('e', [3]),
        int64s('a', [1]),
      ],
    },
    { shape: [2, 2], numbers: [2, 3, 5, 6] },
  ],
  [
    'a slice backwards',
    {
      nodes: [node('Slice', ['t', 's', 'e', 'a', 'p'], ['y'])],
      initializers: [
        int64s('t', [1, 2, 3]),
        int64s('s', [-1]),
        int64s('e', [-9]),
        int64s('a', [0]),
        int64s('p', [-1]),
      ],
    },
    { shape: [3], numbers: [3, 2, 1] },
  ],
  [
    'a table turned round',
    {
      nodes: [node('Transpose', ['t'], ['y'])],
      initializers: [int64s('t', [1, 2, 3, 4, 5, 6], [2, 3])],
    },
    { shape: [3, 2], numbers: [1, 4, 2, 5, 3, 6] },
  ],
  [
    'arithmetic with sizes',
    {
      nodes: [
        node('Shape', ['x'], ['s']),
        node('Gather', ['s', 'i'], ['g']),
        node('Mul', ['g', 'two'], ['m']),
        node('Cast', ['m'], ['y'], { to: 6 }),
      ],
      inputs: [value('x', [4, 5])],
      initializers: [int64s('i', [-1], []), int64s('two', [2], [])],
    },
    { type: 6, shape: [], numbers: [10] },
  ],
  [
    'a pool whose last window would start behind the data',
    {
      nodes: [node('MaxPool', ['x'], ['y'], { kernel_shape: [1, 1], strides: [2, 2], ceil_mode: 1 })],
      inputs: [value('x', [1, 1, 2, 3])],
    },
    { shape: [1, 1, 1, 2] },
  ],
  [
    'sizes that vary keep their names',
    {
      nodes: [node('Add', ['x', 'w'], ['y'])],
      inputs: [value('x', ['batch', 2])],
      outputs: [],
      initializers: [floats('w', [1, 2])],
    },
    { shape: ['batch', 2] },
  ],
])('%s', (_, parts, wanted) => {
  expect(lastOf(parts)).toMatchObject(wanted);
});

test('no constant or attribute, however odd, makes a rule fail or take long', () => {
  let state = 7;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
    return (state >>> 8) % limit;
  };
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  };
  const odd = [-(2 ** 40), -99, -1, 0, 1, 2, 3, 64, 99, 2 ** 40];
  const integers = () => Array.from({ length: below(4) }, () => pick(odd));
  const initializers = [
    int64s('none', []),
    int64s('minus', [-1]),
    int64s('some', [2, 0, -1]),
    int64s('huge', [2 ** 40, 2 ** 40]),
    int64s(
      'many',
      Array.from({ length: 64 }, (_, index) => index % 7),
    ),
    int64s('single', [3], []),
    int64s('table', [1, 2, 3, 4], [2, 2]),
    floats('odd', [NaN, Infinity, -0.5]),
    floats('deep', [1], new Array<number>(64).fill(1)),
  ];
  const values = ['x', '', ...initializers.map(({ name }) => name)];
  const names = [
    'axis',
    'axes',
    'pads',
    'perm',
    'strides',
    'kernel_shape',
    'dilations',
    'group',
    'to',
    'split',
    'hidden_size',
    'output_shape',
    'keepdims',
    'start',
    'end',
  ];
  const operators = Object.keys({ ...SHAPE_RULES, ...COMPUTE_RULES });
  const base = model({ initializers, inputs: [value('x', ['batch', 3, 8])] });
  let slowest = 0;
  for (let round = 0; round < 2000; round++) {
    const nodes = Array.from({ length: 6 }, (_, index) => {
      const inputs = Array.from({ length: 1 + below(4) }, () =>
        index > 0 && below(2) === 0 ? `v${below(index)}` : pick(values),
      );
      const made = node(pick(operators), inputs, [`v${index}`, `w${index}`]);
      for (let count = below(3); count > 0; count--)
        made.attribute.push(attribute(pick(names), below(2) === 0 ? pick(odd) : integers()));
      return made;
    });
    if (base.graph) base.graph.node = nodes;
    const start = performance.now();
    inferShapes(base);
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(slowest).toBeLessThan(2_000);
});
