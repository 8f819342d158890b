import { languageModelNeeds, pickMachineForLanguageModel } from '../../lib/hardware';
import type { LanguageModelSignature } from '../../lib/pipeline';
import { minimal, writer } from '../pipeline/definitions';

const GIB = 2 ** 30;
const { endpoint } = writer.deployment;

test('a definition tells what its language model takes, in full', () => {
  expect(languageModelNeeds(writer)).toEqual({
    size: { weightBytes: 0.01 * GIB, layers: 2, attentionHeads: 4, keyValueHeads: 4, headSize: 16 },
    load: { contextTokens: 128, sequences: 8, tensorParallel: 1 },
  });
  const signature = { ...(writer.signature as LanguageModelSignature), keyValueHeads: 2 };
  const generation = { sequences: 32, tensorParallel: 2 };
  expect(
    languageModelNeeds({ ...writer, signature, deployment: { endpoint: { ...endpoint, generation } } }),
  ).toMatchObject({ size: { keyValueHeads: 2 }, load: generation });
});

test('a model of tensors has no such needs', () => {
  expect(languageModelNeeds(minimal)).toBeUndefined();
});

describe('the machine', () => {
  const size = { weightBytes: 30 * GIB, layers: 2, attentionHeads: 4, keyValueHeads: 4, headSize: 16 };
  const load = { contextTokens: 128, sequences: 1, tensorParallel: 2 };
  const pick = (cloud: 'aws' | 'google', request: object) =>
    pickMachineForLanguageModel(request, { size, load }, { cloud, use: 'endpoint' }).name;

  test.each([
    ['aws', { accelerator: 'a10g' }, 'ml.g5.12xlarge'],
    ['aws', { accelerator: 'a10g', memoryGiB: 300 }, 'ml.g5.24xlarge'],
    ['google', { accelerator: 'l4' }, 'g2-standard-24'],
  ] as const)('of %s for %o is %s', (cloud, request, name) => {
    expect(pick(cloud, request)).toBe(name);
  });

  test('is refused where none that was asked for has the memory, at the path of the request', () => {
    expect(() => pick('aws', { accelerator: 't4' })).toThrow(
      'machine: takes 17.0 GiB of each GPU (15.0 GiB of weights, 0.0 GiB of cache for 1 × 128 tokens, 2.0 GiB besides); of each t4 of ml.g4dn.12xlarge, 12.6 GiB are used [language-model-does-not-fit]',
    );
  });

  test('is refused where the cloud has none of its kind', () => {
    expect(() => pick('google', { accelerator: 'a10g' })).toThrow('machine: ');
  });
});
