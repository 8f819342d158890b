import {
  DEFAULT_MACHINE,
  DEFAULT_TIMEOUT_MINUTES,
  isLanguageModel,
  type Json,
  type PipelineDefinition,
  type StartWeights,
  type Train,
  type Tuning,
} from '../definition';
import { exportStep } from './conversion-steps';
import { evaluateStep } from './evaluate-step';
import { feedbackSource } from './monitoring-steps';
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
  return {
    steps: [preprocessStep(definition), trained, exported, evaluated, qualityGate(definition, metrics)],
    candidate: { model, onnx: output('export', 'onnx'), golden: output('export', 'golden'), metrics },
  };
}

/** Lets a model go on whose metrics are within the definition's bounds. */
export function qualityGate({ training }: PipelineDefinition, metrics: ArtifactSource): UnplacedStep {
  return {
    id: 'gate',
    stage: 'training',
    kind: 'gate',
    rules: Object.entries(training.gate).map(([metric, bounds]): GateRule => ({
      kind: 'bounds',
      metric,
      ...bounds,
    })),
    inputs: { metrics },
    outputs: [],
    onFailure: NOTIFY_FAILURE,
  };
}

export function preprocessStep(definition: PipelineDefinition): Omit<JobStep, 'next'> {
  const { preprocess = {}, augmentation } = definition.training;
  return job(definition, {
    id: 'preprocess',
    stage: 'training',
    program: 'preprocess',
    parameters: {
      entry: preprocess.entry ?? 'preprocess.py',
      parameters: preprocess.parameters ?? {},
      task: isLanguageModel(definition.signature) ? 'text-generation' : undefined,
      augmentation: augmentation && {
        copies: augmentation.copies ?? 1,
        parameters: augmentation.parameters ?? {},
      },
    },
    inputs: {
      dataset: { from: 'dataset' },
      ...(definition.monitoring.feedback && { feedback: feedbackSource(definition) }),
    },
    // A language model travels with its tokenizer.
    outputs: isLanguageModel(definition.signature) ? ['data'] : ['data', 'preprocessing'],
    options: preprocess,
  });
}

/** `train`, or `tune` where hyperparameters are searched. */
export function trainStep(definition: PipelineDefinition): Omit<JobStep, 'next'> {
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
      ...(!isLanguageModel(definition.signature) && { preprocessing: PREPROCESSING }),
      ...(transferLearning && { start: startWeights(definition, transferLearning.from) }),
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

function startWeights({ signature }: PipelineDefinition, from: StartWeights): ArtifactSource {
  if ('version' in from) {
    // A language model is its weights.
    const weights = isLanguageModel(signature) ? 'model' : 'weights';
    return { from: 'store', prefix: `models/${from.version}/${weights}/` };
  }
  if ('prefix' in from) return { from: 'store', prefix: `${from.prefix.replace(/\/+$/, '')}/` };
  const { repository, revision } = from.huggingFace;
  return { from: 'store', prefix: `pretrained/${repository}/${revision}/` };
}
