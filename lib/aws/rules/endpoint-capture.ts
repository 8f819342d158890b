import { objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT_CONFIG, isServerless } from './sagemaker';

export const endpointCapture: Rule = {
  id: 'endpoint-capture',
  level: 'warning',
  cause: 'Without recorded requests, drift goes unseen and no feedback can reach training.',
  fix: 'Record a share of the requests: `monitoring.capture`, or `capture` of ModelEndpoint.',
  check(subject) {
    const { type, properties } = subject;
    // Serverless endpoints record nothing; asynchronous ones keep requests and responses in the bucket.
    if (type !== ENDPOINT_CONFIG || isServerless(subject) || properties.AsyncInferenceConfig !== undefined) {
      return NOT_APPLICABLE;
    }
    return objectOf(properties.DataCaptureConfig).EnableCapture === true
      ? COMPLIANT
      : nonCompliant('records no requests');
  },
};
