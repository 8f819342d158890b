import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Preprocessing } from '../../lib/artifact';
import { FIXTURES, SPAM_FILTER, temporaryDirectory } from './support';

const TOKENIZERS = join(FIXTURES, 'tokenizers');
const text = {
  kind: 'text',
  field: 'text',
  tokenizer: 'tokenizer.json',
  length: 4,
  pad: 'left',
  padId: 0,
  truncate: 'right',
};

/** A preprocessing directory of these inputs, with one of the tokenizers of the fixtures. */
function directoryWith(json: object, tokenizer = 'whitespace'): string {
  const directory = join(temporaryDirectory(), 'preprocessing');
  mkdirSync(directory);
  writeFileSync(join(directory, 'preprocessing.json'), JSON.stringify(json));
  copyFileSync(join(TOKENIZERS, tokenizer, 'tokenizer.json'), join(directory, 'tokenizer.json'));
  return directory;
}

function loadInput(input: object): Preprocessing {
  return Preprocessing.load(directoryWith({ schemaVersion: 1, inputs: { x: input } }));
}

describe('text', () => {
  test.each(readdirSync(TOKENIZERS))('tokenizer "%s" gives the ids that Python gives', (name) => {
    const cases = JSON.parse(readFileSync(join(TOKENIZERS, name, 'cases.json'), 'utf8')) as {
      text: string;
      ids: number[];
    }[];
    const input = { ...text, length: 128, pad: 'right', padId: 99999 };
    const preprocessing = Preprocessing.load(directoryWith({ schemaVersion: 1, inputs: { x: input } }, name));
    for (const { text: sample, ids } of cases) {
      const row = preprocessing.encode([{ text: sample }]).x;
      expect([sample, [...(row?.data ?? [])].filter((id) => id !== 99999n).map(Number)]).toEqual([
        sample,
        ids,
      ]);
    }
  });

  test.each([
    ['left', 'right', [0n, 0n, 25n, 23n], [25n, 23n, 25n, 23n]],
    ['right', 'left', [25n, 23n, 0n, 0n], [23n, 25n, 23n, 17n]],
  ])('pads %s and truncates %s to the length', (pad, truncate, short, long) => {
    const target = directoryWith({ schemaVersion: 1, inputs: { x: { ...text, pad, truncate } } });
    // Ids there: % is 17, lunch 23, report 25.
    copyFileSync(join(SPAM_FILTER, 'preprocessing', 'tokenizer.json'), join(target, 'tokenizer.json'));
    const tensors = Preprocessing.load(target).encode([
      { text: 'report lunch' },
      { text: 'report lunch report lunch %' },
    ]);
    expect(tensors.x?.shape).toEqual([2, 4]);
    expect([...(tensors.x?.data ?? [])]).toEqual([...short, ...long]);
  });

  test('a tokenizer of an unknown kind is refused', () => {
    const directory = directoryWith({ schemaVersion: 1, inputs: { x: text } });
    const file = join(directory, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...tokenizer, pre_tokenizer: { type: 'UnicodeScripts' } }));
    expect(() => Preprocessing.load(directory)).toThrow(
      `${file}: is not a tokenizer this library can run: Unknown PreTokenizer type: UnicodeScripts [tokenizer]`,
    );
    const merged = { type: 'Punctuation', behavior: 'MergedWithNext' };
    writeFileSync(file, JSON.stringify({ ...tokenizer, pre_tokenizer: merged }));
    expect(() => Preprocessing.load(directory)).toThrow(
      'Punctuation with behavior "MergedWithNext" is not supported',
    );
    writeFileSync(file, '{}');
    expect(() => Preprocessing.load(directory)).toThrow('is not a tokenizer this library can run');
  });

  test('text outside the vocabulary of a tokenizer without unknown token is refused', () => {
    const preprocessing = Preprocessing.load(directoryWith({ schemaVersion: 1, inputs: { x: text } }));
    const directory = directoryWith({ schemaVersion: 1, inputs: { x: text } });
    const file = join(directory, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as { model: object };
    writeFileSync(file, JSON.stringify({ ...json, model: { ...json.model, unk_token: 'absent' } }));
    expect(() => Preprocessing.load(directory).encode([{ text: 'unheard' }])).toThrow(
      'instances[0].text: holds text that is not in the vocabulary of the tokenizer [instance]',
    );
    expect(preprocessing.encode([{ text: 'unheard' }]).x?.data[3]).toBe(0n);
  });
});

describe('numbers', () => {
  const numbers = { kind: 'numbers', field: 'pixels', shape: [2, 3], mean: [1, 2, 3], scale: 2 };

  test('normalises with a table over the last axis', () => {
    const { x } = loadInput(numbers).encode([
      {
        pixels: [
          [1, 2, 3],
          [3, 4, 6],
        ],
      },
    ]);
    expect(x).toMatchObject({ dtype: 'float32', shape: [1, 2, 3] });
    expect([...(x?.data ?? [])]).toEqual([0, 0, 0, 1, 1, 1.5]);
  });

  test('takes a bare number where the shape is empty', () => {
    const { x } = loadInput({ ...numbers, shape: [], mean: 0, scale: 1 }).encode([
      { pixels: 5 },
      { pixels: 6 },
    ]);
    expect(x?.shape).toEqual([2]);
    expect([...(x?.data ?? [])]).toEqual([5, 6]);
  });

  test.each([
    [[[1, 2, 3]], 'instances[0].pixels: is not lists of numbers of shape [2, 3]'],
    [
      [
        [1, 2, 3],
        [4, 5],
      ],
      'is not lists of numbers of shape [2, 3]',
    ],
    [
      [
        [1, 2, 3],
        [4, 5, '6'],
      ],
      'is not lists of numbers of shape [2, 3]',
    ],
    [[1, 2, 3, 4, 5, 6], 'is not lists of numbers of shape [2, 3]'],
    [undefined, 'is not lists of numbers of shape [2, 3]'],
    [
      [
        [1, 2, 3],
        [4, 5, 1e300],
      ],
      'instances[0].pixels: has the value 1e+300, too large for float32',
    ],
  ])('refuses %j', (pixels, message) => {
    expect(() => loadInput(numbers).encode([{ pixels }])).toThrow(message);
  });
});

test('every wrong field of every instance is named', () => {
  const preprocessing = Preprocessing.load(join(SPAM_FILTER, 'preprocessing'));
  expect(() => preprocessing.encode([{ text: 'fine' }, { text: 1 }, {}])).toThrow(
    [
      'instances: 2 problems',
      '  instances[1].text: got a number, wanted a string [instance]',
      '    fix: send the text as a JSON string',
      '  instances[2].text: got nothing, wanted a string [instance]',
      '    fix: send the text as a JSON string',
    ].join('\n'),
  );
  expect(() => preprocessing.encode([null, [], 'text'])).toThrow('instances[1]: is not an object [instance]');
  expect(() => preprocessing.encode([])).toThrow('instances: is empty [instance]');
});

test('labels are read, and may be absent', () => {
  expect(Preprocessing.load(join(SPAM_FILTER, 'preprocessing')).labels).toEqual(['ham', 'spam']);
  expect(loadInput(text).labels).toBeUndefined();
});

test.each([
  [
    {},
    ['schemaVersion: got nothing, wanted 1', 'inputs: got nothing, wanted an object with at least one input'],
  ],
  [
    { schemaVersion: 1, inputs: { x: { kind: 'image' } } },
    ['inputs.x.kind: got "image", wanted "text" or "numbers"'],
  ],
  [
    {
      schemaVersion: 1,
      inputs: { x: { ...text, tokenizer: '../tokenizer.json', length: 0, pad: 'both', padId: -1 } },
    },
    [
      'inputs.x.tokenizer: got "../tokenizer.json", wanted the name of a file beside preprocessing.json',
      'inputs.x.length: got 0, wanted an integer from 1',
      'inputs.x.pad: got "both", wanted "left" or "right"',
      'inputs.x.padId: got -1, wanted an integer from 0',
    ],
  ],
  [
    {
      schemaVersion: 1,
      inputs: { x: { kind: 'numbers', field: 'f', shape: [3], mean: [1, 2], scale: 0 } },
      labels: [1],
    },
    [
      'inputs.x.mean: got [1,2], wanted a number, or 3 numbers for the last axis',
      'inputs.x.scale: got 0, wanted a number, or 3 numbers for the last axis, none of them 0',
      'labels: got [1], wanted a list of strings, or nothing',
    ],
  ],
])('everything wrong with preprocessing.json is told: %j', (json, messages) => {
  for (const message of messages) expect(() => Preprocessing.load(directoryWith(json))).toThrow(message);
});
