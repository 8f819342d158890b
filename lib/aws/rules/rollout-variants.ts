import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { rolloutOf } from './rollout';
import { configOf, variantsOf } from './sagemaker';

export const rolloutVariants: Rule = {
  id: 'rollout-variants',
  level: 'error',
  cause: 'SageMaker refuses a rolling update of an endpoint with several variants.',
  fix: 'Use a blue/green strategy: all at once, canary or linear.',
  check(subject, all) {
    const config = rolloutOf(subject)?.strategy === 'rolling' ? configOf(subject, all) : undefined;
    if (!config) return NOT_APPLICABLE;
    const { length } = variantsOf(config);
    return length > 1 ? nonCompliant(`is updated rolling, and has ${length} variants`) : COMPLIANT;
  },
};
