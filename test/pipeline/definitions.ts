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
