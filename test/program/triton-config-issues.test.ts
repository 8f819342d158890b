import fc from 'fast-check';
import { parseTextProto } from '../../lib/program/parse-text-proto';
import { tritonConfig } from '../../lib/program/triton-config';
import { tritonConfigIssues } from '../../lib/program/triton-config-issues';
import type { ModelSignature } from '../../lib/pipeline/definition';
import { SIGNATURE } from './support';

const fixed: ModelSignature = {
  inputs: { image: { dtype: 'uint8', shape: [1, 3, 'height', 'width'] } },
  outputs: { boxes: { dtype: 'float16', shape: ['boxes', 4] }, score: { dtype: 'float32', shape: [] } },
};

const messages = (text: string, signature: ModelSignature = SIGNATURE) =>
  tritonConfigIssues(text, signature).map(({ message }) => message);

test.each([
  ['with batches', SIGNATURE],
  ['without', fixed],
])('what is derived from a signature agrees with it, %s', (_, signature) => {
  for (const batchInvariant of [true, false]) {
    expect(messages(tritonConfig({ name: 'm', signature, batchInvariant }), signature)).toEqual([]);
  }
});

test('names what differs', () => {
  const text = `
    # written by hand
    platform: "onnxruntime_onnx", max_batch_size: 8;
    input [ { name: 'tokens' data_type: TYPE_INT32 dims: [ 256 ] } ]
    input { name: "mask" data_type: TYPE_BOOL dims: 256 }
    output < name: "probability" data_type: TYPE_FP32 dims: [ 2 ] >
  `;
  expect(messages(text)).toEqual([
    'input "tokens" is TYPE_INT32 [256], by the signature TYPE_INT64 [256]',
    'has the input "mask", which the signature does not have',
    'output "probability" is TYPE_FP32 [2], by the signature TYPE_FP32 [1]',
  ]);
  expect(messages('max_batch_size: 4', fixed)).toEqual([
    'has a max_batch_size over 0, but the first size of a tensor does not vary',
    'has no input "image"',
    'has no output "boxes"',
    'has no output "score"',
  ]);
});

test('texts may hold what the format is made of', () => {
  expect(parseTextProto('a: "x # \\"{\\n" a: 2 b { c: [1, -2.5e3] }', 'p')).toEqual(
    new Map<string, unknown>([
      ['a', ['x # "{\n', '2']],
      ['b', [new Map([['c', ['1', '-2.5e3']]])]],
    ]),
  );
});

test.each([
  ['input [ { name: "x" ', 'expected a field at token 7, got "the end"'],
  ['a: [ 1 2 ]', 'expected "," or "]" at token 4, got "1"'],
  ['a: }', 'expected a value at token 3, got "}"'],
  ['a: "open', 'has a "\\"" where none is allowed'],
  ['a '.repeat(2) + 'a { '.repeat(40), 'is nested more than 32 deep'],
])('refuses %j', (text, message) => {
  expect(() => parseTextProto(text, 'config.pbtxt')).toThrow(message);
});

test('whatever the text, it ends: with a message or an issue', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab"{}[]<>:,;#1 \n\\')) }), (text) => {
      try {
        parseTextProto(text, 'p');
      } catch (error) {
        return (error as Error).name === 'IssueError';
      }
      return true;
    }),
  );
});
