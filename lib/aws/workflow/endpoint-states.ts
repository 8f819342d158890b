import { Aws } from 'aws-cdk-lib/core';
import type { ResolvedReplicas } from '../replicas';
import type { State, States } from '../asl';
import { API_RETRY, catchAll } from './edges';

/** Seconds between two looks at an endpoint that is changing. */
const POLL_SECONDS = 30;

/** Where states find the endpoint as it was last seen: `status`, `config`. */
export const ENDPOINT = '$.endpoint';

/** Statuses an endpoint leaves by itself. */
const CHANGING = ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'];

/** A call of an AWS API. Its answer goes to `ResultPath`, or is dropped. */
export function sdkTask(action: string, parameters: object): State {
  return {
    Type: 'Task',
    Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:${action}`,
    Parameters: parameters,
    ResultPath: null,
  };
}

export function describeEndpoint(endpointName: string): State {
  return {
    ...sdkTask('sagemaker:describeEndpoint', { EndpointName: endpointName }),
    ResultSelector: { 'status.$': '$.EndpointStatus', 'config.$': '$.EndpointConfigName' },
    ResultPath: ENDPOINT,
  };
}

export const IN_SERVICE = { Variable: `${ENDPOINT}.status`, StringEquals: 'InService' };

/**
 * Waits until the endpoint has stopped changing, however it ended: `<name>: wait`, `<name>: look`,
 * `<name>: changing?`, then `next`.
 */
export function settleStates(
  name: string,
  endpointName: string,
  next: string,
  failure: string,
  failurePath?: string | null,
): States {
  const [wait, look, changing] = [`${name}: wait`, `${name}: look`, `${name}: changing?`];
  return {
    [wait]: { Type: 'Wait', Seconds: POLL_SECONDS, Next: look },
    [look]: {
      ...describeEndpoint(endpointName),
      ...API_RETRY,
      ...catchAll(failure, failurePath),
      Next: changing,
    },
    [changing]: {
      Type: 'Choice',
      Choices: CHANGING.map((status) => ({
        Variable: `${ENDPOINT}.status`,
        StringEquals: status,
        Next: wait,
      })),
      Default: next,
    },
  };
}

/**
 * An update keeps the number of replicas that scaling has chosen, unless that may be none: somebody has to
 * answer the smoke test.
 */
export function renderRetention({ min, scaling }: ResolvedReplicas): object {
  if (!scaling || min === 0) return { RetainAllVariantProperties: false };
  return {
    RetainAllVariantProperties: true,
    ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
  };
}
