import { blockOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const endpointCapture: Rule = {
  id: 'endpoint-capture',
  level: 'warning',
  cause: 'Without recorded requests, drift goes unseen and no feedback can reach training.',
  fix: 'Record a share of the requests: `monitoring.capture`, or `capture` of ModelEndpoint.',
  check({ properties, type }) {
    if (type !== 'google_vertex_ai_endpoint') return NOT_APPLICABLE;
    return blockOf(properties.predict_request_response_logging_config).enabled === true
      ? COMPLIANT
      : nonCompliant('records no requests');
  },
};
