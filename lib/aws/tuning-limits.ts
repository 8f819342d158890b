import { type Issue, issue } from '../issue';
import type { Tuning } from '../pipeline';

/** Not adjustable: docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html */
const MAX_TRIALS = 750;
const MAX_PARALLEL = 100;
const MAX_CATEGORIES = 30;

/** What SageMaker refuses of a tuning. */
export function checkTuning(
  { objective, parallelTrials = 1, ranges, trials }: Tuning,
  path = 'tuning',
): Issue[] {
  const issues: Issue[] = [];
  const atMost = (name: string, value: number, max: number) => {
    if (value <= max) return;
    issues.push(
      issue(
        'tuning-limit',
        `${path}.${name}`,
        `is ${value}; SageMaker takes at most ${max}`,
        `Give at most ${max}.`,
      ),
    );
  };
  atMost('trials', trials, MAX_TRIALS);
  atMost('parallelTrials', parallelTrials, Math.min(MAX_PARALLEL, trials));
  for (const [name, range] of Object.entries(ranges)) {
    if (range.kind === 'categorical') atMost(`ranges.${name}.values`, range.values.length, MAX_CATEGORIES);
  }
  if (!/^[\w.:/-]{1,255}$/.test(objective)) {
    const fix = 'Name the metric with letters, digits and "_" alone.';
    issues.push(issue('tuning-objective', `${path}.objective`, `is ${JSON.stringify(objective)}`, fix));
  }
  return issues;
}
