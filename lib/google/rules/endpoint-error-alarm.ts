import { blocksOf, literalOf, type Properties, textsOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** Metrics of errors, and the property that names the endpoint in them. */
const ENDPOINTS: Readonly<Record<string, RegExp>> = {
  google_vertex_ai_endpoint: /prediction\/online\/(private\/)?(error_count|response_count)"/,
  google_cloud_run_v2_service: /run\.googleapis\.com\/request_count"/,
};

export const endpointErrorAlarm: Rule = {
  id: 'endpoint-error-alarm',
  level: 'error',
  cause:
    'An endpoint that fails every request is in service all the same: only an alert on its errors tells.',
  fix: 'Add EndpointAlarms, or an alert policy on response_count or request_count of the endpoint.',
  check({ properties, type }, all) {
    const metric = ENDPOINTS[type];
    const name = literalOf(properties.name);
    if (metric === undefined || name === undefined) return NOT_APPLICABLE;
    const watched = all
      .ofType('google_monitoring_alert_policy')
      .flatMap((policy) => filtersOf(policy.properties))
      .some((filter) => metric.test(filter) && filter.includes(`"${name}"`));
    return watched ? COMPLIANT : nonCompliant('no alert watches its errors');
  },
};

function filtersOf({ conditions }: Properties): readonly string[] {
  return blocksOf(conditions).flatMap(({ condition_threshold }) =>
    blocksOf(condition_threshold).flatMap(({ filter }) => textsOf(filter)),
  );
}
