import { numberOf, objectOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const scalingToZero: Rule = {
  id: 'scaling-to-zero',
  level: 'error',
  cause:
    'A model on an endpoint of Vertex AI keeps at least one replica, and a maximum below the minimum is refused.',
  fix: 'Set minReplicaCount to 1 or more, or serve from Cloud Run.',
  check({ properties, type }) {
    const { maxReplicaCount, minReplicaCount } = objectOf(properties.dedicatedResources);
    const [min, max] = [numberOf(minReplicaCount), numberOf(maxReplicaCount)];
    if (type !== 'DeployedModel' || min === undefined) return NOT_APPLICABLE;
    if (min < 1) return nonCompliant(`minReplicaCount is ${min}`);
    return max === undefined || max >= min
      ? COMPLIANT
      : nonCompliant(`maxReplicaCount ${max} is below minReplicaCount ${min}`);
  },
};
