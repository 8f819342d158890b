import {
  checkLanguageModelFits,
  findMachine,
  gpuMemory,
  type Load,
  type Machine,
  machineForLanguageModel,
} from '../../lib/hardware';

const GIB = 2 ** 30;

/** Llama 3.1 8B: 32 layers, 8 of 32 heads with keys and values, of 128 elements, in bfloat16. */
const LLAMA_8B = {
  weightBytes: 14.96 * GIB,
  layers: 32,
  attentionHeads: 32,
  keyValueHeads: 8,
  headSize: 128,
};
const LLAMA_70B = { ...LLAMA_8B, weightBytes: 131.4 * GIB, layers: 80, attentionHeads: 64 };
const LOAD: Load = { contextTokens: 8192, sequences: 4, tensorParallel: 1 };

test('the cache of one token is keys and values of every layer', () => {
  // 2 × 32 × 8 × 128 × 2 bytes = 128 KiB per token.
  expect(gpuMemory(LLAMA_8B, { contextTokens: 8192, sequences: 1, tensorParallel: 1 })).toEqual({
    weights: 14.96,
    cache: 1,
    overhead: 2,
  });
});

test('weights and cache are shared by the GPUs, until each has one head', () => {
  expect(gpuMemory(LLAMA_70B, { ...LOAD, sequences: 16, tensorParallel: 8 })).toEqual({
    weights: 131.4 / 8,
    cache: 5,
    overhead: 2,
  });
  const oneHead = { ...LLAMA_8B, keyValueHeads: 2 };
  expect(gpuMemory(oneHead, { ...LOAD, tensorParallel: 4 }).cache).toBe(
    gpuMemory(oneHead, { ...LOAD, tensorParallel: 2 }).cache,
  );
});

test('the smallest machine that serves it is found', () => {
  expect(machineForLanguageModel(LLAMA_8B, { ...LOAD, sequences: 1, contextTokens: 4096 }, 'aws')?.name).toBe(
    'ml.g5.xlarge',
  );
  expect(machineForLanguageModel(LLAMA_8B, { ...LOAD, sequences: 16 }, 'aws')?.name).toBe('ml.g6e.xlarge');
  expect(machineForLanguageModel(LLAMA_70B, { ...LOAD, tensorParallel: 8 }, 'aws')?.name).toBe(
    'ml.p4d.24xlarge',
  );
  expect(machineForLanguageModel(LLAMA_70B, LOAD, 'aws')).toBeUndefined();
  expect(machineForLanguageModel(LLAMA_8B, { ...LOAD, tensorParallel: 3 }, 'aws')).toBeUndefined();
});

test.each([
  [
    'ml.g4dn.xlarge',
    LOAD,
    'takes 21.0 GiB of each GPU (15.0 GiB of weights, 4.0 GiB of cache for 4 × 8192 tokens, 2.0 GiB besides); of each t4 of ml.g4dn.xlarge, 12.6 GiB are used',
    'Take ml.g6e.xlarge (1 × l40s) with tensorParallel 1, or allow fewer sequences or tokens.',
  ],
  [
    'ml.m5.large',
    LOAD,
    'ml.m5.large has 0 GPUs; one copy of the model is spread over 1',
    'Take ml.g6e.xlarge (1 × l40s) with tensorParallel 1, or allow fewer sequences or tokens.',
  ],
  [
    'ml.g5.xlarge',
    { ...LOAD, tensorParallel: 4 },
    'ml.g5.xlarge has 1 GPUs; one copy of the model is spread over 4',
    'Take ml.g6e.xlarge (1 × l40s) with tensorParallel 1, or allow fewer sequences or tokens.',
  ],
  [
    'ml.g5.12xlarge',
    { ...LOAD, tensorParallel: 3 },
    '32 attention heads, 8 of them with keys and values, do not spread evenly over 3 GPUs',
    'Spread the model over 1, 2, 4, 8 GPUs.',
  ],
  [
    'ml.p4d.24xlarge',
    { contextTokens: 131072, sequences: 1000, tensorParallel: 1 },
    'takes 16017.0 GiB of each GPU (15.0 GiB of weights, 16000.0 GiB of cache for 1000 × 131072 tokens, 2.0 GiB besides); of each a100 of ml.p4d.24xlarge, 35.1 GiB are used',
    'Allow fewer sequences or tokens, or quantise the model: no machine of the catalogue has the memory.',
  ],
])('%s does not serve it under %j', (name, load, message, fix) => {
  expect(checkLanguageModelFits(LLAMA_8B, load, machine(name), 'machine')).toMatchObject([
    { path: 'machine', message, fix },
  ]);
});

test('a machine with the memory serves it', () => {
  expect(checkLanguageModelFits(LLAMA_8B, LOAD, machine('ml.g6e.xlarge'), 'machine')).toEqual([]);
});

function machine(name: string): Machine {
  const found = findMachine(name);
  if (found === undefined) throw new Error(`no machine ${name}`);
  return found;
}
