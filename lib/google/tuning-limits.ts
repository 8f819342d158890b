import { type Issue, issue } from '../issue';
import type { Tuning } from '../pipeline';

/** Arguments of the stage programs' adapter, which takes the chosen hyperparameters as arguments too. */
const RESERVED = ['plan', 'step', 'input', 'output', 'checkpoints'];

/** What Vertex AI refuses of a tuning. */
export function checkTuning({ objective, parallelTrials = 1, ranges, trials, warmStart }: Tuning): Issue[] {
  const issues: Issue[] = [];
  const report = (code: string, path: string, message: string, fix: string) => {
    issues.push(issue(code, `tuning.${path}`, message, fix));
  };
  if (parallelTrials > trials) {
    const message = `is ${parallelTrials}, above the ${trials} trials in all`;
    report('tuning-limit', 'parallelTrials', message, `Give at most ${trials}.`);
  }
  if (!/^[a-zA-Z_][\w.-]{0,127}$/.test(objective)) {
    const fix = 'Name the metric with letters, digits and "_" alone.';
    report('tuning-objective', 'objective', `is ${JSON.stringify(objective)}`, fix);
  }
  for (const name of Object.keys(ranges)) {
    if (!RESERVED.includes(name)) continue;
    const fix = `Name it otherwise; ${RESERVED.join(', ')} are taken.`;
    report('tuning-parameter', `ranges.${name}`, 'is an argument of the program that trains', fix);
  }
  if (warmStart !== undefined) {
    const message = 'is set, and studies of Vertex AI learn nothing from earlier ones';
    report('tuning-warm-start', 'warmStart', message, 'Leave it out, and narrow the ranges instead.');
  }
  return issues;
}
