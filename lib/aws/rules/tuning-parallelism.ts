import { numberOf, objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { TUNING_JOB } from './sagemaker';

export const tuningParallelism: Rule = {
  id: 'tuning-parallelism',
  level: 'error',
  cause: 'SageMaker refuses a tuning that runs more trials at once than it has in all.',
  fix: 'Lower MaxParallelTrainingJobs, or raise MaxNumberOfTrainingJobs.',
  check({ type, properties }) {
    if (type !== TUNING_JOB) return NOT_APPLICABLE;
    const limits = objectOf(objectOf(properties.HyperParameterTuningJobConfig).ResourceLimits);
    const total = numberOf(limits.MaxNumberOfTrainingJobs);
    const parallel = numberOf(limits.MaxParallelTrainingJobs);
    if (total === undefined || parallel === undefined) return NOT_APPLICABLE;
    return parallel > total ? nonCompliant(`runs ${parallel} trials at once, of ${total} in all`) : COMPLIANT;
  },
};
