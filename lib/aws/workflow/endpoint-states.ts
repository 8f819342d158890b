import { Aws } from 'aws-cdk-lib/core';
import { renderTracking, SCALING, scalableResource } from '../endpoint-scaling';
import { toApi } from '../endpoint-settings';
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
 * SageMaker refuses to change the machine of an endpoint that scales: its target is taken off first.
 * One that is not there is as good.
 */
export function stopScaling(endpointName: string, next: string): State {
  return {
    ...sdkTask('applicationautoscaling:deregisterScalableTarget', scalingTarget(endpointName)),
    ...catchAll(next, null),
    Next: next,
  };
}

/** `<name>: scale`, `<name>: follow requests`, then `next`; without scaling nothing but `next`. */
export function scalingStates(
  name: string,
  endpointName: string,
  { min, scaling }: ResolvedReplicas,
  edges: { readonly next: string; readonly failure: string; readonly failurePath?: string },
): { readonly start: string; readonly states: States } {
  if (!scaling) return { start: edges.next, states: {} };
  const [start, follow] = [`${name}: scale`, `${name}: follow requests`];
  const target = scalingTarget(endpointName);
  const failure = catchAll(edges.failure, edges.failurePath);
  return {
    start,
    states: {
      [start]: {
        ...sdkTask('applicationautoscaling:registerScalableTarget', {
          ...target,
          MinCapacity: min,
          MaxCapacity: scaling.max,
        }),
        ...API_RETRY,
        ...failure,
        Next: follow,
      },
      [follow]: {
        ...sdkTask('applicationautoscaling:putScalingPolicy', {
          ...target,
          PolicyName: `${endpointName}-requests`,
          PolicyType: 'TargetTrackingScaling',
          TargetTrackingScalingPolicyConfiguration: toApi(renderTracking(scaling, { endpointName })),
        }),
        ...API_RETRY,
        ...failure,
        Next: edges.next,
      },
    },
  };
}

/** An update keeps the number of replicas that scaling has chosen. */
export function renderRetention({ scaling }: ResolvedReplicas): object {
  if (!scaling) return { RetainAllVariantProperties: false };
  return {
    RetainAllVariantProperties: true,
    ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DataCaptureConfig' }],
  };
}

function scalingTarget(endpointName: string): object {
  return toApi({ ...SCALING, resourceId: scalableResource(endpointName) }) as object;
}
