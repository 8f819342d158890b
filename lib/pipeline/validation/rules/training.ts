import { type Issue, issue } from '../../../issue';
import { DEFAULT_TIMEOUT_MINUTES, isLanguageModel, type TuningRange } from '../../definition';
import type { Rule } from './rule';

export const signatureNames: Rule = ({ signature }) => {
  if (isLanguageModel(signature)) return [];
  const { inputs, outputs } = signature;
  const fix = 'Give the output another name.';
  return Object.keys(outputs)
    .filter((name) => name in inputs)
    .map((name) => issue('signature-names', `signature.outputs.${name}`, 'is also an input', fix));
};

/** SageMaker's limit: docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html */
const MAX_RANGES = 30;

export const tuning: Rule = ({ training }) => {
  if (training.tuning === undefined) return [];
  const { trials, parallelTrials = 1, ranges } = training.tuning;
  const path = 'training.tuning';
  const issues = Object.entries(ranges).flatMap(([name, range]) =>
    checkRange(`${path}.ranges.${name}`, range),
  );
  if (Object.keys(ranges).length === 0) {
    issues.push(
      issue('tuning-range', `${path}.ranges`, 'is empty', 'Name at least one hyperparameter to search.'),
    );
  }
  if (Object.keys(ranges).length > MAX_RANGES) {
    const message = `has ${Object.keys(ranges).length} hyperparameters; at most ${MAX_RANGES} can be searched`;
    issues.push(
      issue('tuning-range', `${path}.ranges`, message, 'Fix some of them in train.hyperparameters.'),
    );
  }
  if (parallelTrials > trials) {
    issues.push(
      issue(
        'tuning-parallel',
        `${path}.parallelTrials`,
        `is ${parallelTrials}, above the ${trials} trials in all`,
        'Lower it to trials or below.',
      ),
    );
  }
  return issues;
};

function checkRange(path: string, range: TuningRange): Issue[] {
  if (range.kind === 'categorical') return [];
  const { kind, max, min, scale } = range;
  const issues: Issue[] = [];
  if (min >= max)
    issues.push(issue('tuning-range', path, 'is empty: min is not below max', 'Set min below max.'));
  if (scale === 'log' && min <= 0) {
    const fix = 'Raise min above 0, or search on a linear scale.';
    issues.push(issue('tuning-scale', `${path}.min`, `is ${min}, which has no logarithm`, fix));
  }
  if (kind === 'integer' && !(Number.isInteger(min) && Number.isInteger(max))) {
    const fix = 'Give whole numbers, or the kind "continuous".';
    issues.push(issue('tuning-integer', path, `goes from ${min} to ${max}`, fix));
  }
  return issues;
}

export const spot: Rule = ({ training }) => {
  const {
    capacity,
    checkpoints,
    maxWaitMinutes,
    timeoutMinutes = DEFAULT_TIMEOUT_MINUTES,
    warmPoolMinutes,
  } = training.train;
  const path = 'training.train';
  if (capacity !== 'spot') {
    if (maxWaitMinutes === undefined) return [];
    const fix = 'Remove it, or choose the capacity "spot".';
    return [issue('spot-wait', `${path}.maxWaitMinutes`, 'is for spot capacity alone', fix)];
  }
  const issues: Issue[] = [];
  if (checkpoints !== true) {
    issues.push(
      issue(
        'spot-checkpoints',
        `${path}.capacity`,
        'is "spot" without checkpoints: a machine that is taken away takes the training with it',
        'Save and resume in train.py, whose train takes checkpoint_dir, and set checkpoints to true.',
      ),
    );
  }
  if (maxWaitMinutes !== undefined && maxWaitMinutes < timeoutMinutes) {
    const message = `is ${maxWaitMinutes}, below the ${timeoutMinutes} minutes that training may run`;
    issues.push(issue('spot-wait', `${path}.maxWaitMinutes`, message, 'Raise it, or lower timeoutMinutes.'));
  }
  if (warmPoolMinutes !== undefined) {
    const fix = 'Remove it, or choose the capacity "on-demand".';
    issues.push(issue('warm-pool', `${path}.warmPoolMinutes`, 'keeps spot machines', fix));
  }
  return issues;
};

export const warmPool: Rule = ({ training: { train, tuning } }) =>
  train.warmPoolMinutes === undefined || tuning === undefined
    ? []
    : [
        issue(
          'warm-pool',
          'training.train.warmPoolMinutes',
          'keeps the machines of a tuning',
          'Remove it: the trials of a tuning follow one another as it is.',
        ),
      ];

export const distribution: Rule = ({ training: { distribution: wanted, train } }) => {
  if (wanted === undefined) return [];
  const processes = (wanted.machines ?? 1) * (train.machine?.accelerators ?? 1);
  if (processes > 1) return [];
  const fix = 'Raise machines, or train.machine.accelerators, or remove training.distribution.';
  return [issue('distribution-processes', 'training.distribution', 'distributes to one process', fix)];
};
