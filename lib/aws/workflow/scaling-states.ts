import {
  FIRST_REPLICA,
  noReplicaAlarm,
  noReplicaAlarmName,
  renderTracking,
  SCALING,
  scalableResource,
} from '../scaling-parameters';
import { toApi } from '../to-api';
import type { ResolvedReplicas } from '../replicas';
import type { State, States } from '../asl';
import { API_RETRY, catchAll } from './edges';
import { sdkTask } from './endpoint-states';

interface Edges {
  readonly next: string;
  readonly failure: string;
  readonly failurePath?: string;
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

/**
 * `<name>: scale`, `<name>: follow requests`, then `next`; without scaling nothing but `next`. Where there may
 * be no replica, `<name>: bring the first replica` and `<name>: watch for requests without one` as well.
 */
export function scalingStates(
  name: string,
  endpointName: string,
  { min, scaling }: ResolvedReplicas,
  edges: Edges,
): { readonly start: string; readonly states: States } {
  if (!scaling) return { start: edges.next, states: {} };
  const [start, follow] = [`${name}: scale`, `${name}: follow requests`];
  const target = scalingTarget(endpointName);
  const failure = catchAll(edges.failure, edges.failurePath);
  const first = min === 0 ? firstReplicaStates(name, endpointName, edges) : { start: edges.next, states: {} };
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
        Next: first.start,
      },
      ...first.states,
    },
  };
}

/** The policy that brings the first replica goes with its target; the alarm stays, and is told of the new one. */
function firstReplicaStates(
  name: string,
  endpointName: string,
  edges: Edges,
): { readonly start: string; readonly states: States } {
  const [start, watch] = [`${name}: bring the first replica`, `${name}: watch for requests without one`];
  const policy = '$.firstReplica';
  const failure = catchAll(edges.failure, edges.failurePath);
  return {
    start,
    states: {
      [start]: {
        ...sdkTask('applicationautoscaling:putScalingPolicy', {
          ...scalingTarget(endpointName),
          PolicyName: `${endpointName}-first-replica`,
          PolicyType: 'StepScaling',
          StepScalingPolicyConfiguration: toApi(FIRST_REPLICA),
        }),
        ResultSelector: { 'arn.$': '$.PolicyARN' },
        ResultPath: policy,
        ...API_RETRY,
        ...failure,
        Next: watch,
      },
      [watch]: {
        ...sdkTask('cloudwatch:putMetricAlarm', {
          AlarmName: noReplicaAlarmName(endpointName),
          ...(toApi(noReplicaAlarm({ endpointName })) as object),
          'AlarmActions.$': `States.Array(${policy}.arn)`,
        }),
        ...API_RETRY,
        ...failure,
        Next: edges.next,
      },
    },
  };
}

function scalingTarget(endpointName: string): object {
  return toApi({ ...SCALING, resourceId: scalableResource(endpointName) }) as object;
}
