import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT, namesOf } from './sagemaker';
import type { Subjects } from './subject';

export const endpointErrorAlarm: Rule = {
  id: 'endpoint-error-alarm',
  level: 'error',
  cause:
    'An endpoint that fails every request is in service all the same: only an alarm on its errors tells.',
  fix: 'Add EndpointAlarms, or an alarm on Invocation5XXErrors of the endpoint.',
  check(subject, all) {
    if (subject.type !== ENDPOINT) return NOT_APPLICABLE;
    const watched = all
      .view(errorAlarms)
      .some((alarm) => namesOf(subject).some((name) => alarm.includes(`"${name}"`)));
    return watched ? COMPLIANT : nonCompliant('no alarm watches the errors of the endpoint');
  },
};

/** The alarms on server errors, as text. */
function errorAlarms(all: Subjects): readonly string[] {
  return all
    .ofType('AWS::CloudWatch::Alarm')
    .map(({ properties }) => JSON.stringify(properties))
    .filter((alarm) => alarm.includes('"Invocation5XXErrors"'));
}
