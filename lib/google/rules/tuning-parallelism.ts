import { numberOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const tuningParallelism: Rule = {
  id: 'tuning-parallelism',
  level: 'error',
  cause: 'Vertex AI refuses a tuning that runs more trials at once than it has in all.',
  fix: 'Lower parallelTrialCount, or raise maxTrialCount.',
  check({ properties, type }) {
    const [parallel, all] = [numberOf(properties.parallelTrialCount), numberOf(properties.maxTrialCount)];
    if (type !== 'HyperparameterTuningJob' || parallel === undefined || all === undefined)
      return NOT_APPLICABLE;
    return parallel <= all ? COMPLIANT : nonCompliant(`runs ${parallel} of ${all} trials at once`);
  },
};
