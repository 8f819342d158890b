import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECURITY_RULES } from '../../../lib/artifact';
import { CHECKS } from '../../../lib/artifact/checks';
import type { Outcome } from '../../../lib/artifact/checks/check';
import { Subject } from '../../../lib/artifact/subject';
import { HOSTILE_MODELS } from '../hostile-models';
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
} from '../onnx-builder';
import { temporaryDirectory } from '../support';

/** What one check says of a model. */
async function judge(
  id: string,
  parts: ModelParts,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<Outcome> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'model.onnx'), bytesOf(model(parts)));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  const subject = new Subject({
    file: join(directory, 'model.onnx'),
    tolerance: { absolute: 0, relative: 0 },
  });
  const check = CHECKS.find((candidate) => candidate.id === id);
  if (!check) throw new Error(`there is no check "${id}"`);
  return check.run(subject);
}

async function messages(id: string, parts: ModelParts): Promise<string[]> {
  return (await judge(id, parts)).findings.map(({ code, message }) => `${code}: ${message}`);
}

const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'reference', 'security.md'), 'utf8');

test.each(Object.entries(SECURITY_RULES))('rule %s is documented with its check', (id, { check }) => {
  expect(page).toMatch(new RegExp(`^\\| \`${id}\` \\| \`${check}\` \\|`, 'm'));
});

test('every rule but those of archives and huge files is shown by a hostile model', () => {
  const shown = new Set(HOSTILE_MODELS.map(({ rule }) => rule));
  const lacking = Object.entries(SECURITY_RULES).filter(
    ([id, { check }]) => check !== 'archive' && !shown.has(id),
  );
  expect(lacking.map(([id]) => id)).toEqual(['file-size']);
});

describe('graph', () => {
  test('takes functions, branches and loops that are in order', async () => {
    const body = graph({
      input: [value('i', [], TYPES.int64), value('go', [], TYPES.bool), value('v', ['batch', 2])],
      // "w0" is of the graph around it.
      node: [node('Add', ['v', 'w0'], ['next']), node('Identity', ['go'], ['on'])],
      output: [value('on', [], TYPES.bool), value('next', ['batch', 2])],
    });
    const outcome = await judge('graph', {
      nodes: [node('F', ['x'], ['f'], {}, { domain: 'own' }), node('Loop', ['m', '', 'f'], ['y'], { body })],
      functions: [
        definition('F', [node('G', ['a'], ['b'], {}, { domain: 'own' })]),
        definition('G', [node('Abs', ['a'], ['b'])]),
      ],
      initializers: [int64s('m', [3], []), floats('w0', [1, 2])],
    });
    expect(outcome).toMatchObject({ verdict: 'passed', detail: '4 graphs' });
  });

  test('takes initialisers that are listed among the inputs', async () => {
    const parts = {
      inputs: [value('x', ['batch', 2]), value('w', [2])],
      initializers: [floats('w', [1, 2])],
    };
    expect(await judge('graph', parts)).toMatchObject({ verdict: 'passed' });
  });

  test('says where and what', async () => {
    expect(
      await messages('graph', {
        nodes: [
          node('Add', ['x', 'b'], ['a'], {}, { name: 'sum' }),
          node('Neg', ['a'], ['b']),
          node('Abs', ['b'], ['y']),
        ],
      }),
    ).toEqual(['graph-cycle: graph: Add "sum" → Neg → Abs feed each other in a circle']);
    expect(
      await messages('graph', { nodes: [node('Add', ['x', 'nowhere'], ['y'], {}, { name: 'sum' })] }),
    ).toEqual(['missing-input: graph: Add "sum" uses "nowhere", which nothing provides']);
  });
});

describe('tensors', () => {
  test.each([
    ['raw bytes', floats('w', [1, 2])],
    ['a list', tensor('w', { dims: [2n], floatData: [1, 2] })],
    [
      'a large list of varying length',
      tensor('w', { dims: [9000n], dataType: TYPES.int64, int64Data: new Array<bigint>(9000).fill(300n) }),
    ],
    ['halves in a list of int32', tensor('w', { dims: [2n], dataType: TYPES.float16, int32Data: [1, 2] })],
    ['4-bit elements by the byte', tensor('w', { dims: [3n], dataType: 22, rawData: Uint8Array.of(1, 2) })],
    ['4-bit elements in a list', tensor('w', { dims: [3n], dataType: 22, int32Data: [1, 2] })],
    ['complex numbers', tensor('w', { dims: [1n], dataType: 14, floatData: [1, 2] })],
    ['strings', tensor('w', { dims: [1n], dataType: TYPES.string, stringData: [Buffer.from('a')] })],
    ['nothing', tensor('w', { dims: [0n] })],
  ])('takes %s', async (_, weights) => {
    expect(await judge('tensors', { initializers: [weights] })).toMatchObject({
      verdict: 'passed',
      detail: '1 tensor',
    });
  });

  test('says what is there and what its shape needs', async () => {
    expect(await messages('tensors', { initializers: [floats('w', [1], [2])] })).toEqual([
      'tensor-data: initialiser "w" of graph has 4 bytes in raw_data; its shape needs 8',
    ]);
  });
});

describe('weights', () => {
  test.each([
    ['a single infinity', floats('w', [Infinity], [])],
    ['a mask', floats('w', [0, -Infinity, 0, -Infinity])],
    ['large finite weights', floats('w', new Array<number>(500_000).fill(3e38), [250_000, 2])],
    ['integers of all bits', int64s('w', [-1])],
  ])('takes %s', async (_, weights) => {
    expect(await judge('weights', { initializers: [weights] })).toMatchObject({ verdict: 'passed' });
  });

  test('takes NaN in an attribute that gives it a meaning', async () => {
    const trees = node(
      'TreeEnsemble',
      ['x'],
      ['y'],
      { nodes_splits: floats('', [1, NaN]) },
      { domain: 'ai.onnx.ml' },
    );
    expect(await judge('weights', { nodes: [trees] })).toMatchObject({ verdict: 'passed' });
  });

  test('counts what it finds', async () => {
    expect(await messages('weights', { initializers: [floats('w', [1, NaN, Infinity, -Infinity])] })).toEqual(
      ['weights-not-finite: initialiser "w" of graph holds 1 NaN and 2 infinities among 4 elements'],
    );
  });
});

describe('external-data', () => {
  test('takes a plain file with the checksum that is told', async () => {
    const sha1 = '05fe405753166f125559e7c9ac558654f107c7e9';
    const weights = external('w', [2], { location: 'weights.bin', offset: '0', length: '8', checksum: sha1 });
    expect(
      await judge('external-data', { initializers: [weights] }, { 'weights.bin': new Uint8Array(8) }),
    ).toMatchObject({
      verdict: 'passed',
      detail: '1 file beside it',
    });
  });
});

describe('resources', () => {
  const loop = (limit: string, inputs: readonly string[]): ModelParts => ({
    nodes: [
      node('Loop', [limit, '', 'x'], ['y'], {
        body: graph({
          input: [value('i', [], TYPES.int64), value('go', [], TYPES.bool), value('v', ['batch', 2])],
          node: [node('Identity', ['go'], ['on']), node('Identity', ['v'], ['w'])],
          output: [value('on', [], TYPES.bool), value('w', ['batch', 2])],
        }),
      }),
    ],
    inputs: [value('x', ['batch', 2]), ...inputs.map((name) => value(name, [], TYPES.int64))],
    initializers: [int64s('ten', [10], []), int64s('s', [1000, 1000])],
  });

  test('takes loops with a limit, or one that is given with the input', async () => {
    expect(await judge('resources', loop('ten', []))).toMatchObject({
      verdict: 'passed',
      detail: 'none found',
    });
    expect(await judge('resources', loop('rounds', ['rounds']))).toMatchObject({ verdict: 'passed' });
  });

  test('takes a loop that is never entered', async () => {
    const [entered] = loop('', []).nodes ?? [];
    if (!entered) throw new Error('there is no loop');
    entered.input[1] = 'never';
    expect(
      await judge('resources', { nodes: [entered], initializers: [bool('never', false)] }),
    ).toMatchObject({
      verdict: 'passed',
    });
  });

  test('takes values of a usual size', async () => {
    const nodes = [node('ConstantOfShape', ['s'], ['z']), node('Identity', ['x'], ['y'])];
    expect(await judge('resources', { nodes, initializers: [int64s('s', [1000, 1000])] })).toMatchObject({
      verdict: 'passed',
    });
  });

  test('tells the bytes', async () => {
    const nodes = [
      node('ConstantOfShape', ['s'], ['z'], {}, { name: 'huge' }),
      node('Identity', ['x'], ['y']),
    ];
    expect(await messages('resources', { nodes, initializers: [int64s('s', [40_000_000_000])] })).toEqual([
      'allocation: graph: ConstantOfShape "huge" makes a value of 160000000000 bytes, whatever the input; allowed are 1073741824',
    ]);
  });
});
