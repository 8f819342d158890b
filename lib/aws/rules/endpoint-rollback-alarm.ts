import { listOf, objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import {
  configOf,
  ENDPOINT,
  hasComponents,
  INFERENCE_COMPONENT,
  isServerless,
  sameEndpoint,
} from './sagemaker';
import type { Subject } from './subject';

export const endpointRollbackAlarm: Rule = {
  id: 'endpoint-rollback-alarm',
  level: 'error',
  cause: 'Without an alarm that turns an update back, a bad model stays until somebody notices.',
  fix: 'Name alarms in DeploymentConfig.AutoRollbackConfiguration.',
  check(subject, all) {
    if (subject.type === INFERENCE_COMPONENT) {
      return hasRollbackAlarm(subject)
        ? COMPLIANT
        : nonCompliant('no alarm turns an update of the inference component back');
    }
    if (subject.type !== ENDPOINT || subject.origin === 'create') return NOT_APPLICABLE;
    const config = configOf(subject, all);
    if (config && (isServerless(config) || hasComponents(config))) return NOT_APPLICABLE;
    // One update of a workflow moves forward with alarms, another goes back without.
    const updates = all.ofType(ENDPOINT).filter((other) => sameEndpoint(subject, other));
    return updates.some(hasRollbackAlarm)
      ? COMPLIANT
      : nonCompliant('no alarm turns an update of the endpoint back');
  },
};

function hasRollbackAlarm({ properties }: Subject): boolean {
  const { AutoRollbackConfiguration } = objectOf(properties.DeploymentConfig);
  return listOf(objectOf(AutoRollbackConfiguration).Alarms).length > 0;
}
