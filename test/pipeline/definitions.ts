import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelineDefinition } from '../../lib/pipeline';

/** The least a definition needs. */
export const minimal: PipelineDefinition = {
  name: 'digits',
  source: sourceDirectory(),
  signature: {
    inputs: { pixels: { dtype: 'float32', shape: ['batch', 64] } },
    outputs: { scores: { dtype: 'float32', shape: ['batch', 10] } },
  },
  training: {
    framework: 'pytorch',
    train: {},
    evaluate: { task: 'multiclass-classification' },
    gate: { accuracy: { min: 0.9 } },
  },
  deployment: { endpoint: { machine: { accelerator: 't4' } } },
  monitoring: { performance: { latencyP99Ms: { critical: 100 }, errorPercent: { critical: 1 } } },
};

function sourceDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'definition-'));
  for (const file of ['preprocess.py', 'train.py']) writeFileSync(join(directory, file), '');
  return directory;
}

/** A language model's. Its source lacks evaluate.py. */
export const writer: PipelineDefinition = {
  ...minimal,
  name: 'writer',
  signature: {
    task: 'text-generation',
    architecture: 'LlamaForCausalLM',
    layers: 2,
    attentionHeads: 4,
    headSize: 16,
    contextTokens: 128,
    weightsGiB: 0.01,
  },
  training: {
    framework: 'pytorch',
    train: {},
    evaluate: { task: 'text-generation', parameters: { batch: 8 } },
    gate: { perplexity: { max: 12 } },
  },
  deployment: { endpoint: { machine: { accelerator: 'a10g' } } },
};
