import { numberOf, objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { jobOf } from './sagemaker';

export const spotWait: Rule = {
  id: 'spot-wait',
  level: 'error',
  cause:
    'The longest wait covers waiting for a spot machine and the run itself; SageMaker refuses one below the longest run.',
  fix: 'Set MaxWaitTimeInSeconds to MaxRuntimeInSeconds and the time to wait for a machine.',
  check(subject) {
    const training = jobOf(subject)?.properties;
    if (training?.EnableManagedSpotTraining !== true) return NOT_APPLICABLE;
    const stopping = objectOf(training.StoppingCondition);
    const run = numberOf(stopping.MaxRuntimeInSeconds);
    const wait = numberOf(stopping.MaxWaitTimeInSeconds);
    if (wait === undefined) return nonCompliant('trains on spot machines without a longest wait');
    return run !== undefined && wait < run
      ? nonCompliant(`waits ${wait} s at the longest, and may run ${run} s`)
      : COMPLIANT;
  },
};
