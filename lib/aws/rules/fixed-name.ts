import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT_CONFIG, MODEL, PROCESSING_JOB } from './sagemaker';

/** Every change replaces these: the new one is made while the old one still has the name. */
const REPLACED: Readonly<Record<string, string>> = {
  [MODEL]: 'ModelName',
  [ENDPOINT_CONFIG]: 'EndpointConfigName',
  [PROCESSING_JOB]: 'ProcessingJobName',
};

export const fixedName: Rule = {
  id: 'fixed-name',
  level: 'warning',
  cause:
    'CloudFormation replaces a model, a configuration or a job on every change, and cannot while the old one has the name.',
  fix: 'Leave the name out, or make it from the content.',
  check({ origin, type, properties }) {
    const property = REPLACED[type];
    if (property === undefined || origin !== 'resource') return NOT_APPLICABLE;
    return properties[property] === undefined
      ? COMPLIANT
      : nonCompliant(`${property} is fixed: the next change cannot be deployed`);
  },
};
