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

/** A file or folder below a place, the definition's source: never a way out of it. */
const below = (what: string, pattern: RegExp, example: string, place = 'the source') =>
  z
    .string()
    .refine(
      (path) => pattern.test(path) && !path.split('/').includes('..'),
      `must be ${what} below ${place}, like ${JSON.stringify(example)}`,
    );
const pythonFile = below('a Python file', /^[\w-][\w./-]*\.py$/, 'train.py');
const storeFolder = below('a folder', /^[\w-][\w./-]*$/, 'pretrained/mails', 'the store');
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

const signature = z.union(
  [
    z.strictObject({ inputs: tensors, outputs: tensors }),
    z.strictObject({
      task: z.literal('text-generation'),
      architecture: z
        .string()
        .regex(/^\w+ForCausalLM$/, 'must be a causal language model, like "LlamaForCausalLM"'),
      layers: positiveInteger,
      attentionHeads: positiveInteger,
      keyValueHeads: positiveInteger.optional(),
      headSize: positiveInteger,
      contextTokens: positiveInteger,
      weightsGiB: z.number().gt(0),
    }),
  ],
  'must have inputs and outputs, or the task "text-generation"',
);

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
    maxWaitMinutes: positiveInteger.max(40_320).optional(),
    checkpoints: z.boolean().optional(),
    fallbackMachines: z.array(machine).max(5).optional(),
    warmPoolMinutes: positiveInteger.max(60).optional(),
  }),
  tuning: z
    .strictObject({
      objective: z.string().min(1),
      goal: z.enum(['maximize', 'minimize']),
      ranges: z.record(z.string(), tuningRange),
      trials: positiveInteger,
      parallelTrials: positiveInteger.optional(),
      earlyStopping: z.enum(['auto', 'off']).optional(),
      warmStart: z
        .strictObject({
          jobs: z
            .array(z.string().regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$/, 'must name a tuning job'))
            .min(1)
            .max(5),
          sameDataAndCode: z.boolean().optional(),
        })
        .optional(),
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
        z.strictObject({ version: z.string().regex(/^[a-z0-9]+$/, 'must be a version of the registry') }),
        z.strictObject({ prefix: storeFolder }),
        z.strictObject({
          huggingFace: z.strictObject({
            repository: z.string().regex(/^[\w-][\w.-]*\/[\w-][\w.-]*$/, 'must be like "owner/name"'),
            revision: z.string().regex(/^[0-9a-f]{40}$/, 'must be a commit: 40 of 0–9 and a–f'),
          }),
        }),
      ]),
      frozenLayers: z.array(z.string()).optional(),
    })
    .optional(),
  augmentation: z
    .strictObject({ copies: positiveInteger.max(100).optional(), parameters: parameters.optional() })
    .optional(),
  evaluate: z.strictObject({
    ...job,
    task: z.enum(['binary-classification', 'multiclass-classification', 'regression', 'text-generation']),
    entry: pythonFile.optional(),
    parameters: parameters.optional(),
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
      fineTune: parameters.optional(),
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
    runtime: z.enum(['onnx', 'triton', 'vllm']).optional(),
    mode: z.enum(['real-time', 'serverless', 'asynchronous']).optional(),
    machine,
    replicas: z
      .strictObject({
        min: z.int().min(0).optional(),
        max: positiveInteger.optional(),
        requestsPerMinute: z.number().gt(0).optional(),
        concurrentRequests: z.number().gt(0).optional(),
        gpuPercent: percent.optional(),
        backlog: z.number().gt(0).optional(),
      })
      .optional(),
    generation: z
      .strictObject({
        tensorParallel: positiveInteger.optional(),
        sequences: positiveInteger.optional(),
        prompts: z.array(z.string().min(1)).min(1).max(100).optional(),
        promptTokens: positiveInteger.optional(),
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

/** An alarm looks back one day at most. */
const silentMinutes = positiveInteger.max(1440).optional();
const silence = z.strictObject({ warning: silentMinutes, critical: silentMinutes });

const monitoring = z.strictObject({
  notify: mailAddresses.optional(),
  performance: z.strictObject({
    latencyP99Ms: levels,
    errorPercent: levels,
    latencyP50Ms: levels.optional(),
    overheadP99Ms: levels.optional(),
    clientErrorPercent: levels.optional(),
    silenceMinutes: silence.optional(),
  }),
  resources: z
    .strictObject({
      cpuPercent: levels.optional(),
      memoryPercent: levels.optional(),
      diskPercent: levels.optional(),
      gpuPercent: levels.optional(),
      gpuMemoryPercent: levels.optional(),
    })
    .optional(),
  queue: z.strictObject({ backlog: levels.optional(), ageSeconds: levels.optional() }).optional(),
  modelAgeDays: levels.optional(),
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
  source: z.string().refine(isAbsolute, 'must be an absolute path, like __dirname'),
  signature,
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
