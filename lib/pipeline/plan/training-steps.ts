import type { PipelineDefinition } from '../definition';
import { exportStep } from './conversion-steps';
import { evaluateStep } from './evaluate-step';
import type { GateRule, JobStep } from './plan';
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
      augmentation: augmentation && { ...augmentation },
    },
    inputs: { dataset: { from: 'dataset' } },
    outputs: ['data', 'preprocessing'],
    options: preprocess,
  });
}

function trainStep(definition: PipelineDefinition): Omit<JobStep, 'next'> {
  const { train, tuning, distribution, transferLearning } = definition.training;
  const program = tuning ? 'tune' : 'train';
  return job(definition, {
    id: program,
    stage: 'training',
    program,
    parameters: {
      entry: trainEntry(definition),
      hyperparameters: train.hyperparameters ?? {},
      tuning: tuning && { ...tuning },
      distribution: distribution && { ...distribution },
      transferLearning: transferLearning && { ...transferLearning },
    },
    inputs: { data: DATA, preprocessing: PREPROCESSING },
    outputs: ['model'],
    options: train,
    capacity: train.capacity,
  });
}
