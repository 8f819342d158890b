import type { JobProgram } from './plan';

/** Where the definition says what a job's machine must have. */
export const MACHINE_PATHS: Readonly<Record<JobProgram, string>> = {
  preprocess: 'training.preprocess.machine',
  train: 'training.train.machine',
  tune: 'training.train.machine',
  export: 'conversion.export.machine',
  evaluate: 'training.evaluate.machine',
  prune: 'optimization.prune.machine',
  distill: 'optimization.distill.machine',
  quantize: 'optimization.quantize.machine',
  drift: 'monitoring.drift',
};
