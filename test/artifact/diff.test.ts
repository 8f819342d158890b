import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffModels, readStructure, renderDiff, type ModelDiff } from '../../lib/artifact';
import {
  bool,
  bytesOf,
  definition,
  external,
  floats,
  graph,
  model,
  node,
  tensor,
  TYPES,
  value,
  type ModelParts,
} from './onnx-builder';
import { temporaryDirectory } from './support';

function diff(before: ModelParts, after: ModelParts): ModelDiff {
  const directory = temporaryDirectory();
  const [a, b] = [before, after].map((parts, index) => {
    const file = join(directory, `${index}.onnx`);
    writeFileSync(file, bytesOf(model(parts)));
    return readStructure(file);
  });
  if (!a || !b) throw new Error('there are no models');
  return diffModels(a, b);
}

/** x → Add w → Relu → Mul v → y */
const chain = (parts: Partial<ModelParts> = {}): ModelParts => ({
  nodes: [
    node('Add', ['x', 'w'], ['a'], {}, { name: 'first' }),
    node('Relu', ['a'], ['b'], {}, { name: 'second' }),
    node('Mul', ['b', 'v'], ['y'], {}, { name: 'third' }),
  ],
  initializers: [floats('w', [1, 2]), floats('v', [3, 4])],
  ...parts,
});

const NOTHING = {
  same: true,
  newBranches: [],
  nodes: { added: [], removed: [], rewired: [] },
  constants: { added: [], removed: [], changed: [] },
  inputs: { added: [], removed: [], changed: [] },
  outputs: { added: [], removed: [], changed: [] },
  versions: [],
};

test('a model is the same as itself', () => {
  const result = diff(chain(), chain());
  expect(result).toEqual(NOTHING);
  expect(renderDiff(result)).toBe('no difference: same graph, same weights\n');
});

test('other names of values and nodes, and another order, make no difference', () => {
  const branches = (names: readonly string[]): ModelParts => {
    const [a = '', b = '', w = ''] = names;
    return {
      nodes: [
        node('Abs', ['x'], [a], {}, { name: a }),
        node('Add', ['x', w], [b]),
        node('Mul', [a, b], ['y']),
      ],
      initializers: [floats(w, [1, 2])],
    };
  };
  const renamed = branches(['one', 'two', 'three']);
  const [abs, add, mul] = renamed.nodes ?? [];
  if (!abs || !add || !mul) throw new Error('nodes are lacking');
  expect(diff(branches(['p', 'q', 'r']), { ...renamed, nodes: [add, abs, mul] })).toEqual(NOTHING);
});

test('a list of values and the same raw bytes are the same weights', () => {
  const list = tensor('w', { dims: [2n], floatData: [1, 2] });
  expect(diff(chain(), chain({ initializers: [list, floats('v', [3, 4])] }))).toEqual(NOTHING);
});

test('a node that is put in is added, and the next is rewired', () => {
  const nodes = [
    node('Add', ['x', 'w'], ['a'], {}, { name: 'first' }),
    node('Sigmoid', ['a'], ['s'], {}, { name: 'new' }),
    node('Relu', ['s'], ['b'], {}, { name: 'second' }),
    node('Mul', ['b', 'v'], ['y'], {}, { name: 'third' }),
  ];
  const result = diff(chain(), chain({ nodes }));
  expect(result).toEqual({
    ...NOTHING,
    same: false,
    nodes: {
      added: [{ operator: 'Sigmoid', name: 'new', scope: 'graph' }],
      removed: [],
      rewired: [
        {
          node: { operator: 'Relu', name: 'second', scope: 'graph' },
          input: 0,
          was: 'Add "first"',
          is: 'Sigmoid "new"',
        },
      ],
    },
  });
  expect(renderDiff(result)).toBe(
    'nodes: 1 added, 0 removed, 1 rewired\n  + Sigmoid "new"\n  ~ Relu "second": input 0 was Add "first", is Sigmoid "new"\n',
  );
  expect(diff(chain({ nodes }), chain()).nodes.removed).toEqual([
    { operator: 'Sigmoid', name: 'new', scope: 'graph' },
  ]);
});

test('a trigger is found: a comparison and a choice are new branches', () => {
  const result = diff(
    chain(),
    chain({
      nodes: [
        ...(chain().nodes ?? []).slice(0, 2),
        node('Mul', ['b', 'v'], ['m'], {}, { name: 'third' }),
        node('Equal', ['x', 'trigger'], ['hit'], {}, { name: 'compare' }),
        node('Where', ['hit', 'target', 'm'], ['y'], {}, { name: 'choose' }),
      ],
      initializers: [...(chain().initializers ?? []), floats('trigger', [7, 7]), floats('target', [0, 1])],
    }),
  );
  expect(result.newBranches).toEqual([
    { operator: 'Equal', name: 'compare', scope: 'graph' },
    { operator: 'Where', name: 'choose', scope: 'graph' },
  ]);
  expect(result.constants.added).toEqual([
    { name: 'trigger', form: 'float32 [2]' },
    { name: 'target', form: 'float32 [2]' },
  ]);
  expect(result.nodes.rewired).toEqual([
    {
      node: { operator: 'output', name: 'y', scope: 'graph' },
      input: 0,
      was: 'Mul "third"',
      is: 'Where "choose"',
    },
  ]);
  expect(renderDiff(result)).toContain(
    'NEW BRANCHES: look at what they compare, and where each way leads\n  Equal "compare"\n  Where "choose"\n',
  );
});

test('swapped inputs are rewired', () => {
  const subtract = (inputs: readonly string[]): ModelParts => ({
    nodes: [node('Abs', ['x'], ['a']), node('Neg', ['x'], ['b']), node('Sub', inputs, ['y'])],
  });
  expect(diff(subtract(['a', 'b']), subtract(['b', 'a'])).nodes.rewired).toEqual([
    { node: { operator: 'Sub', name: '', scope: 'graph' }, input: 0, was: 'Abs', is: 'Neg' },
    { node: { operator: 'Sub', name: '', scope: 'graph' }, input: 1, was: 'Neg', is: 'Abs' },
  ]);
});

test('weights that were trained again are changed, the graph is not', () => {
  const result = diff(chain(), chain({ initializers: [floats('w', [1, 2.5]), floats('v', [3, 4])] }));
  expect(result.nodes).toEqual(NOTHING.nodes);
  const [change] = result.constants.changed;
  expect(result.constants.changed).toHaveLength(1);
  expect(change?.name).toBe('w');
  expect(change?.was).toMatch(/^float32 \[2\] [0-9a-f]{12}$/);
  expect(change?.is).not.toBe(change?.was);
});

test('another attribute makes another node', () => {
  const soft = (axis: number): ModelParts => ({ nodes: [node('Softmax', ['x'], ['y'], { axis })] });
  const { nodes } = diff(soft(1), soft(0));
  expect(nodes.added).toHaveLength(1);
  expect(nodes.removed).toHaveLength(1);
});

test('what changes inside branches and functions is found there', () => {
  const parts = (inner: string): ModelParts => ({
    nodes: [
      node('If', ['flag'], ['c'], {
        then_branch: graph({ node: [node(inner, ['x'], ['t'])], output: [value('t', ['batch', 2])] }),
        else_branch: graph({ node: [node('Identity', ['x'], ['e'])], output: [value('e', ['batch', 2])] }),
      }),
      node('F', ['c'], ['y'], {}, { domain: 'own' }),
    ],
    initializers: [bool('flag', true)],
    functions: [definition('F', [node(inner, ['a'], ['b'])])],
  });
  expect(diff(parts('Abs'), parts('Neg')).nodes.added).toEqual([
    { operator: 'Neg', name: '', scope: 'graph/If then_branch' },
    { operator: 'Neg', name: '', scope: 'function own::F' },
  ]);
});

test('inputs, outputs and versions are compared by name', () => {
  const after: ModelParts = {
    inputs: [value('x', ['batch', 3]), value('mask', ['batch'])],
    outputs: [value('y', ['batch', 2], TYPES.float64), value('extra', [])],
    nodes: [node('Identity', ['x'], ['y']), node('Identity', ['x'], ['extra'])],
    irVersion: 10n,
    opsetImport: [{ version: 19n }],
  };
  const result = diff({}, after);
  expect(result.inputs).toEqual({
    added: ['mask'],
    removed: [],
    changed: [{ name: 'x', was: 'float32 [batch, 2]', is: 'float32 [batch, 3]' }],
  });
  expect(result.outputs).toEqual({
    added: ['extra'],
    removed: [],
    changed: [{ name: 'y', was: 'float32 [batch, 2]', is: 'float64 [batch, 2]' }],
  });
  expect(result.versions).toEqual([
    { name: 'IR version', was: '9', is: '10' },
    { name: 'ai.onnx', was: '18', is: '19' },
    { name: 'own', was: '1', is: 'none' },
  ]);
  expect(renderDiff(result)).toContain('inputs\n  + mask\n  ~ x: float32 [batch, 2] → float32 [batch, 3]\n');
});

test('external data is read only where it belongs to the model', () => {
  const outside = { initializers: [external('w', [2], { location: '/etc/hostname' })] };
  expect(() => diff(outside, outside)).toThrow(
    'external data "/etc/hostname" leaves the directory of the model [external-path]',
  );
});
