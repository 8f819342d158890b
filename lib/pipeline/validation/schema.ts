import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { ACCELERATOR_NAMES, DTYPES, type Json, type PipelineDefinition } from '../definition';

const json = z.custom<Json>(isJson, 'must be a value that JSON can carry');
const parameters = z.record(z.string(), json);
const positiveInteger = z.int().min(1);
const percent = z.number().gt(0).max(100);
const levels = z.strictObject({
  warning: z.number().min(0).optional(),
  critical: z.number().min(0).optional(),
});

/** A file or folder below the definition's source: never a way out of it. */
const below = (what: string, pattern: RegExp, example: string) =>
  z
    .string()
    .refine(
      (path) => pattern.test(path) && !path.split('/').includes('..'),
      `must be ${what} below the source, like ${JSON.stringify(example)}`,
    );
const pythonFile = below('a Python file', /^[\w-][\w./-]*\.py$/, 'train.py');
const folder = below('a folder', /^[\w-][\w./-]*$/, 'data');

const machine = z.strictObject({
  accelerator: z.enum(ACCELERATOR_NAMES).optional(),
  accelerators: positiveInteger.optional(),
  memoryGiB: z.number().gt(0).optional(),
});
const job = { machine: machine.optional(), timeoutMinutes: positiveInteger.max(7200).optional() };

const tensor = z.strictObject({
  dtype: z.enum(DTYPES),
  shape: z.array(z.union([positiveInteger, z.string().min(1)])),
});
const tensors = z
  .record(z.string().min(1), tensor)
  .refine((record) => Object.keys(record).length > 0, 'must name at least one tensor');

const tuningRange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['continuous', 'integer']),
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).optional(),
  }),
  z.strictObject({ kind: z.literal('categorical'), values: z.array(z.string()).min(1) }),
]);

const training = z.strictObject({
  framework: z.enum(['pytorch', 'tensorflow']),
  data: folder.optional(),
  preprocess: z
    .strictObject({ ...job, entry: pythonFile.optional(), parameters: parameters.optional() })
    .optional(),
  train: z.strictObject({
    ...job,
    entry: pythonFile.optional(),
    hyperparameters: parameters.optional(),
    capacity: z.enum(['on-demand', 'spot']).optional(),
  }),
  tuning: z
    .strictObject({
      objective: z.string().min(1),
      goal: z.enum(['maximize', 'minimize']),
      ranges: z.record(z.string(), tuningRange),
      trials: positiveInteger,
      parallelTrials: positiveInteger.optional(),
      earlyStopping: z.enum(['auto', 'off']).optional(),
    })
    .optional(),
  distribution: z
    .strictObject({
      strategy: z.enum(['data-parallel', 'model-parallel']),
      machines: positiveInteger.optional(),
    })
    .optional(),
  transferLearning: z
    .strictObject({
      from: z.union([
        z.strictObject({ version: z.string().min(1) }),
        z.strictObject({ prefix: z.string().min(1) }),
      ]),
      frozenLayers: z.array(z.string()).optional(),
    })
    .optional(),
  augmentation: z
    .strictObject({
      operations: z.array(z.strictObject({ name: z.string().min(1), parameters: parameters.optional() })),
    })
    .optional(),
  evaluate: z.strictObject({
    ...job,
    task: z.enum(['binary-classification', 'multiclass-classification', 'regression']),
    threshold: z.number().min(0).max(1).optional(),
  }),
  gate: z.record(z.string(), z.strictObject({ min: z.number().optional(), max: z.number().optional() })),
});

const optimizationStep = {
  ...job,
  gate: z.record(
    z.string(),
    z.strictObject({ maxLoss: z.number().min(0), goal: z.enum(['maximize', 'minimize']).optional() }),
  ),
  onRejected: z.enum(['keep-previous', 'stop']).optional(),
};

const optimization = z.strictObject({
  prune: z
    .strictObject({
      ...optimizationStep,
      sparsity: z.number().gt(0).lt(1),
      kind: z.enum(['unstructured', 'structured']).optional(),
    })
    .optional(),
  distill: z
    .strictObject({ ...optimizationStep, entry: pythonFile, hyperparameters: parameters.optional() })
    .optional(),
  quantize: z
    .strictObject({
      ...optimizationStep,
      precision: z.enum(['int8']),
      method: z.enum(['dynamic', 'static']).optional(),
    })
    .optional(),
});

const conversion = z.strictObject({
  format: z.enum(['onnx', 'tflite']).optional(),
  opset: z.int().min(13).max(21).optional(),
  export: z.strictObject(job).optional(),
  goldenSamples: z.int().min(1).max(1000).optional(),
  tolerance: z
    .strictObject({ absolute: z.number().min(0).optional(), relative: z.number().min(0).optional() })
    .optional(),
});

const mailAddresses = z.array(z.email('must be a mail address'));
const waitMinutes = z.int().min(0).max(60).optional();

const deployment = z.strictObject({
  approval: z
    .union(
      [
        z.literal('automatic'),
        z.strictObject({
          approvers: mailAddresses.min(1),
          expiresHours: positiveInteger.max(8760).optional(),
        }),
      ],
      'must be "automatic" or { approvers: ["mail address"] }',
    )
    .optional(),
  endpoint: z.strictObject({
    runtime: z.enum(['onnx', 'triton']).optional(),
    machine,
    replicas: z
      .strictObject({
        min: positiveInteger.optional(),
        max: positiveInteger.optional(),
        requestsPerMinute: z.number().gt(0).optional(),
      })
      .optional(),
  }),
  release: z
    .discriminatedUnion('strategy', [
      z.strictObject({ strategy: z.literal('all-at-once'), waitMinutes }),
      z.strictObject({
        strategy: z.enum(['canary', 'linear', 'rolling']),
        stepPercent: z.int().min(5).max(50),
        waitMinutes,
      }),
    ])
    .optional(),
});

const monitoring = z.strictObject({
  notify: mailAddresses.optional(),
  performance: z.strictObject({ latencyP99Ms: levels, errorPercent: levels }),
  resources: z
    .strictObject({
      cpuPercent: levels.optional(),
      memoryPercent: levels.optional(),
      gpuPercent: levels.optional(),
      gpuMemoryPercent: levels.optional(),
    })
    .optional(),
  capture: z.strictObject({ samplePercent: percent }).optional(),
  drift: z
    .strictObject({ everyHours: positiveInteger.optional(), populationStability: levels.optional() })
    .optional(),
  feedback: z.strictObject({ retrainAfterSamples: positiveInteger }).optional(),
});

/** Fields, types and ranges of a definition. What fields must be to one another is in `rules.ts`. */
export const definitionSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a–z, 0–9 and "-", starting with a letter'),
  source: z.string().refine(isAbsolute, 'must be an absolute path'),
  signature: z.strictObject({ inputs: tensors, outputs: tensors }),
  training,
  optimization: optimization.optional(),
  conversion: conversion.optional(),
  deployment,
  monitoring,
}) satisfies z.ZodType<PipelineDefinition>;

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return ['string', 'boolean'].includes(typeof value) || value === null;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.values(value).every(isJson);
}
