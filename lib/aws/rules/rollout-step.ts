import { STEP_PERCENT } from '../guardrails';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { rolloutOf } from './rollout';

export const rolloutStep: Rule = {
  id: 'rollout-step',
  level: 'error',
  cause:
    'SageMaker refuses an update with a canary of more than 50 %, linear steps outside 10–50 % or rolling batches outside 5–50 % of the machines.',
  fix: 'Choose a step within the range.',
  check(subject) {
    const { strategy, stepPercent } = rolloutOf(subject) ?? {};
    if (strategy === undefined || strategy === 'all-at-once' || stepPercent === undefined) {
      return NOT_APPLICABLE;
    }
    const { min, max } = STEP_PERCENT[strategy];
    return stepPercent < min || stepPercent > max
      ? nonCompliant(`the ${strategy} step is ${stepPercent} % of the machines; it may be ${min} to ${max} %`)
      : COMPLIANT;
  },
};
