import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, definePipeline, type PipelineDefinition, validateDefinition } from '../../lib/pipeline';
import { writer } from './definitions';

const step = (definition: PipelineDefinition, id: string) =>
  compile(definition).steps.find((candidate) => candidate.id === id);

test('a language model goes from its gate to verification and the endpoint in the format it was trained in', () => {
  expect(validateDefinition(writer)).toEqual([]);
  expect(compile(writer).steps.map(({ id, next }) => `${id} → ${String(next)}`)).toEqual([
    'preprocess → train',
    'train → evaluate',
    'evaluate → gate',
    'gate → verify',
    'verify → register',
    'register → approve',
    'approve → release',
    'release → null',
    'restore → notify-failure',
    'notify-failure → null',
  ]);
});

test("the user's evaluate measures it, and the gate bounds whatever that returns", () => {
  expect(step(writer, 'evaluate')).toMatchObject({
    parameters: { task: 'text-generation', entry: 'evaluate.py', parameters: { batch: 8 } },
    inputs: { model: { from: 'step', step: 'train', output: 'model' } },
  });
  expect(step(writer, 'gate')).toMatchObject({ rules: [{ metric: 'perplexity', max: 12 }] });
});

test('verification and the version know what was declared, and what a release is tried with', () => {
  const signature = {
    task: 'text-generation',
    architecture: 'LlamaForCausalLM',
    layers: 2,
    attentionHeads: 4,
    keyValueHeads: 4,
    headSize: 16,
    contextTokens: 128,
    weightsGiB: 0.01,
  };
  expect(step(writer, 'verify')).toMatchObject({ parameters: { signature } });
  expect(step(writer, 'register')).toMatchObject({
    parameters: { pipeline: 'writer', runtime: 'vllm', signature, prompts: ['Hello'], promptTokens: 16 },
    inputs: {
      model: { from: 'step', step: 'train', output: 'model' },
      report: { from: 'step', step: 'verify', output: 'report' },
    },
  });
});

test('training may start from a registered version: its weights are the model itself', () => {
  const training = { ...writer.training, transferLearning: { from: { version: 'a1b2c3d4e5f6' } } };
  expect(step({ ...writer, training }, 'train')).toMatchObject({
    inputs: { start: { from: 'store', prefix: 'models/a1b2c3d4e5f6/model/' } },
  });
});

test('what works on ONNX files or tensors is refused for a language model, all of it at once', () => {
  const { endpoint } = writer.deployment;
  const definition = {
    ...writer,
    training: {
      ...writer.training,
      framework: 'tensorflow',
      evaluate: { task: 'regression' },
      augmentation: {},
    },
    optimization: { quantize: { precision: 'int8', gate: { perplexity: { maxLoss: 1, goal: 'minimize' } } } },
    conversion: { opset: 18 },
    deployment: {
      endpoint: {
        ...endpoint,
        runtime: 'onnx',
        mode: 'serverless',
        machine: { memoryGiB: 4 },
        generation: { prompts: [' '], promptTokens: 128 },
      },
    },
    monitoring: {
      ...writer.monitoring,
      capture: { samplePercent: 1 },
      drift: {},
      feedback: { retrainAfterSamples: 5 },
    },
  } as unknown as PipelineDefinition;
  const found = validateDefinition(definition)
    .filter(({ code }) => code === 'language-model' || code.startsWith('generation'))
    .map(({ path, message, fix }) => `${path} ${message}. ${fix}`);
  expect(found).toEqual([
    'training.framework is "tensorflow"; language models are trained in PyTorch. Choose "pytorch".',
    'training.evaluate.task is "regression"; evaluate.py measures a language model. Choose "text-generation".',
    'deployment.endpoint.runtime is "onnx"; vLLM serves language models. Choose "vllm".',
    'deployment.endpoint.mode is "serverless"; vLLM serves from machines that are always there. Choose "real-time".',
    'deployment.endpoint.machine.accelerator is a CPU machine; vLLM serves a language model on GPUs. Name an accelerator, like "l4".',
    'optimization works on ONNX files; a language model stays in safetensors. Remove it.',
    'conversion makes ONNX files; a language model stays in safetensors. Remove it.',
    'training.augmentation copies samples of tensors; a language model has none. Remove it.',
    'monitoring.drift compares tensors; a language model takes prompts. Remove it.',
    'monitoring.feedback counts labelled samples; a language model has none. Remove it.',
    'deployment.endpoint.generation.promptTokens is 128; prompt and answer together have 128 tokens. Choose less than 128.',
    'deployment.endpoint.generation.prompts[0] is blank. Write what a user would.',
  ]);
});

test('what only language models have is refused where the signature is one of tensors', () => {
  const definition: PipelineDefinition = {
    ...writer,
    signature: {
      inputs: { pixels: { dtype: 'float32', shape: ['batch', 64] } },
      outputs: { scores: { dtype: 'float32', shape: ['batch', 10] } },
    },
    deployment: { endpoint: { ...writer.deployment.endpoint, runtime: 'vllm', generation: {} } },
  };
  const fix = 'Remove it, or give a signature with task "text-generation".';
  expect(validateDefinition(definition)).toEqual(
    [
      'training.evaluate.task',
      'training.evaluate.parameters',
      'deployment.endpoint.runtime',
      'deployment.endpoint.generation',
    ].map((path) => ({
      code: 'language-model',
      path,
      message: 'is for language models, and the signature is one of tensors',
      fix:
        path === 'training.evaluate.task'
          ? 'Choose another task, or give a signature with task "text-generation".'
          : fix,
    })),
  );
});

test('drift is refused once: no capture is asked for', () => {
  const definition = { ...writer, monitoring: { ...writer.monitoring, drift: {} } };
  expect(validateDefinition(definition).map(({ path, fix }) => `${path} ${fix}`)).toEqual([
    'monitoring.drift Remove it.',
  ]);
});

const spread = (keyValueHeads: number | undefined, tensorParallel: number): PipelineDefinition => ({
  ...writer,
  signature: { ...writer.signature, attentionHeads: 12, keyValueHeads },
  deployment: { endpoint: { ...writer.deployment.endpoint, generation: { tensorParallel } } },
});

test.each([
  [undefined, 4],
  [3, 1],
  [2, 4],
])('12 attention heads, %p with keys and values, spread over %i GPUs', (keyValueHeads, tensorParallel) => {
  expect(validateDefinition(spread(keyValueHeads, tensorParallel))).toEqual([]);
});

test.each([
  [
    5,
    1,
    'signature.keyValueHeads is 5; 12 attention heads do not share so many evenly. Copy num_attention_heads and num_key_value_heads from config.json.',
  ],
  [
    undefined,
    8,
    'deployment.endpoint.generation.tensorParallel is 8; 12 attention heads, 12 with keys and values of their own, do not spread evenly over so many GPUs. Choose 1, 2, 4.',
  ],
  [
    3,
    2,
    'deployment.endpoint.generation.tensorParallel is 2; 12 attention heads, 3 with keys and values of their own, do not spread evenly over so many GPUs. Choose 1.',
  ],
])('%p heads with keys and values over %i GPUs are refused', (keyValueHeads, tensorParallel, expected) => {
  const [found, ...others] = validateDefinition(spread(keyValueHeads, tensorParallel));
  expect(`${found?.path} ${found?.message}. ${found?.fix}`).toBe(expected);
  expect(others).toEqual([]);
});

test('the machine has as many GPUs as one copy is spread over, where it counts them', () => {
  const withGpus = (accelerators: number): PipelineDefinition => {
    const endpoint = {
      machine: { accelerator: 'l4', accelerators },
      generation: { tensorParallel: 2 },
    } as const;
    return { ...writer, deployment: { endpoint } };
  };
  expect(validateDefinition(withGpus(4))).toEqual([]);
  expect(validateDefinition(withGpus(1))).toEqual([
    {
      code: 'tensor-parallel',
      path: 'deployment.endpoint.machine.accelerators',
      message: 'is 1; generation.tensorParallel spreads one copy over 2 GPUs',
      fix: 'Remove it, or lower tensorParallel.',
    },
  ]);
});

test('a signature that is almost one of a language model is told what it lacks', () => {
  const signature = { task: 'text-generation', architecture: 'BertModel', layers: 0 };
  expect(validateDefinition({ ...writer, signature }).map(({ path }) => path)).toEqual([
    'signature.architecture',
    'signature.layers',
    'signature.attentionHeads',
    'signature.headSize',
    'signature.contextTokens',
    'signature.weightsGiB',
  ]);
});

test('evaluate.py must be there', () => {
  expect(() => definePipeline(writer)).toThrow(
    /training\.evaluate\.entry: names evaluate\.py, which is not in/,
  );
  writeFileSync(join(writer.source, 'evaluate.py'), '');
  expect(definePipeline(writer)).toBe(writer);
});
