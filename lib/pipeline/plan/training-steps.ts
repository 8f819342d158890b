import {
  DEFAULT_MACHINE,
  DEFAULT_TIMEOUT_MINUTES,
  type Json,
  type PipelineDefinition,
  type StartWeights,
  type Train,
  type Tuning,
} from '../definition';
import { exportStep } from './conversion-steps';
import { evaluateStep } from './evaluate-step';
import type { ArtifactSource, GateRule, JobStep } from './plan';
import {
  type Candidate,
  DATA,
  job,
  NOTIFY_FAILURE,
  output,
  PREPROCESSING,
  trainEntry,
  type UnplacedStep,
} from './step';

/** preprocess → train (or tune) → export → evaluate → gate. */
export function trainingSteps(definition: PipelineDefinition): {
  steps: readonly UnplacedStep[];
  candidate: Candidate;
} {
  const trained = trainStep(definition);
  const model = output(trained.id, 'model');
  const exported = exportStep(definition, 'export', model, trainEntry(definition));
  const evaluated = evaluateStep(definition, 'evaluate', 'training', output('export', 'onnx'));
  const metrics = output('evaluate', 'metrics');
  const gate = {
    id: 'gate',
    stage: 'training',
    kind: 'gate',
    rules: Object.entries(definition.training.gate).map(([metric, bounds]): GateRule => ({
      kind: 'bounds',
      metric,
      ...bounds,
    })),
    inputs: { metrics },
    outputs: [],
    onFailure: NOTIFY_FAILURE,
  } as const;
  return {
    steps: [preprocessStep(definition), trained, exported, evaluated, gate],
    candidate: { model, onnx: output('export', 'onnx'), golden: output('export', 'golden'), metrics },
  };
}

function preprocessStep(definition: PipelineDefinition): Omit<JobStep, 'next'> {
  const { preprocess = {}, augmentation } = definition.training;
  return job(definition, {
    id: 'preprocess',
    stage: 'training',
    program: 'preprocess',
    parameters: {
      entry: preprocess.entry ?? 'preprocess.py',
      parameters: preprocess.parameters ?? {},
      augmentation: augmentation && {
        copies: augmentation.copies ?? 1,
        parameters: augmentation.parameters ?? {},
      },
    },
    inputs: { dataset: { from: 'dataset' } },
    outputs: ['data', 'preprocessing'],
    options: preprocess,
  });
}

function trainStep(definition: PipelineDefinition): Omit<JobStep, 'next'> {
  const { train, tuning, distribution, transferLearning } = definition.training;
  const { machines = 1, strategy } = distribution ?? {};
  const program = tuning ? 'tune' : 'train';
  return job(definition, {
    id: program,
    stage: 'training',
    program,
    parameters: {
      entry: trainEntry(definition),
      hyperparameters: train.hyperparameters ?? {},
      tuning: tuning && tuningParameter(tuning),
      distribution: strategy && { strategy, machines, processes: train.machine?.accelerators ?? 1 },
      frozenLayers: transferLearning?.frozenLayers,
    },
    inputs: {
      data: DATA,
      preprocessing: PREPROCESSING,
      ...(transferLearning && { start: startWeights(transferLearning.from) }),
    },
    outputs: ['model'],
    options: train,
    placement: {
      capacity: train.capacity ?? 'on-demand',
      ...(train.capacity === 'spot' && { maxWaitMinutes: maxWaitMinutes(train) }),
      checkpoints: train.checkpoints ?? false,
      fallbackMachines: (train.fallbackMachines ?? []).map((machine) => ({ ...DEFAULT_MACHINE, ...machine })),
      ...(train.warmPoolMinutes !== undefined && { warmPoolMinutes: train.warmPoolMinutes }),
      machines,
    },
  });
}

function tuningParameter({ parallelTrials = 1, earlyStopping = 'off', warmStart, ...rest }: Tuning): Json {
  const ranges = Object.fromEntries(Object.entries(rest.ranges).map(([name, range]) => [name, { ...range }]));
  return {
    ...rest,
    ranges,
    parallelTrials,
    earlyStopping,
    ...(warmStart && { warmStart: { sameDataAndCode: false, ...warmStart } }),
  };
}

function maxWaitMinutes({ maxWaitMinutes: wanted, timeoutMinutes = DEFAULT_TIMEOUT_MINUTES }: Train): number {
  return wanted ?? 2 * timeoutMinutes;
}

function startWeights(from: StartWeights): ArtifactSource {
  if ('version' in from) return { from: 'store', prefix: `models/${from.version}/weights/` };
  if ('prefix' in from) return { from: 'store', prefix: `${from.prefix.replace(/\/+$/, '')}/` };
  const { repository, revision } = from.huggingFace;
  return { from: 'store', prefix: `pretrained/${repository}/${revision}/` };
}
