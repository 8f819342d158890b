import { definePipeline } from 'cdk-model-pipeline';

export const spamFilter = definePipeline({
  name: 'spam-filter',
  source: __dirname,
  signature: {
    inputs: { tokens: { dtype: 'int64', shape: ['batch', 128] } },
    outputs: { probability: { dtype: 'float32', shape: ['batch', 1] } },
  },
  training: {
    framework: 'pytorch',
    train: { hyperparameters: { epochs: 10, batchSize: 32, learningRate: 0.001 } },
    evaluate: { task: 'binary-classification' },
    gate: { accuracy: { min: 0.95 }, precision: { min: 0.9 }, recall: { min: 0.9 }, f1: { min: 0.92 } },
  },
  optimization: { quantize: { precision: 'int8', gate: { f1: { maxLoss: 0.01 } } } },
  deployment: {
    endpoint: { machine: { accelerator: 't4', memoryGiB: 16 }, replicas: { max: 3, requestsPerMinute: 600 } },
    release: { strategy: 'canary', stepPercent: 10, waitMinutes: 5 },
  },
  monitoring: {
    performance: { latencyP99Ms: { warning: 100, critical: 250 }, errorPercent: { critical: 1 } },
  },
});
