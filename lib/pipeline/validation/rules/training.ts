import { issue } from '../../../issue';
import type { Rule } from './rule';

export const signatureNames: Rule = ({ signature }) =>
  Object.keys(signature.outputs)
    .filter((name) => name in signature.inputs)
    .map((name) =>
      issue(
        'signature-names',
        `signature.outputs.${name}`,
        'is also an input',
        'Give the output another name.',
      ),
    );

export const tuning: Rule = ({ training }) => {
  if (training.tuning === undefined) return [];
  const { trials, parallelTrials = 1, ranges } = training.tuning;
  const path = 'training.tuning';
  const issues = Object.entries(ranges)
    .filter(([, range]) => range.kind !== 'categorical' && range.min >= range.max)
    .map(([name]) =>
      issue('tuning-range', `${path}.ranges.${name}`, 'is empty: min is not below max', 'Set min below max.'),
    );
  if (Object.keys(ranges).length === 0) {
    issues.push(
      issue('tuning-range', `${path}.ranges`, 'is empty', 'Name at least one hyperparameter to search.'),
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
