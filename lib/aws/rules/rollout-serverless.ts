import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { rolloutOf } from './rollout';
import { configOf, isServerless } from './sagemaker';

export const rolloutServerless: Rule = {
  id: 'rollout-serverless',
  level: 'error',
  cause: 'Deployment guardrails are for endpoints on machines; SageMaker refuses them on serverless ones.',
  fix: 'Leave DeploymentConfig out.',
  check(subject, all) {
    const config = rolloutOf(subject) && configOf(subject, all);
    if (!config) return NOT_APPLICABLE;
    return isServerless(config) ? nonCompliant('is serverless and has a DeploymentConfig') : COMPLIANT;
  },
};
