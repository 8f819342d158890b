import type { CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { VARIANT } from './endpoint-settings';
import type { Scaling } from './replicas';

export const SCALING = {
  serviceNamespace: 'sagemaker',
  scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const;

/** Dimension of the copies of an inference component. */
export const COMPONENT_SCALING = {
  serviceNamespace: 'sagemaker',
  scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
} as const;

/** Goes off while requests to the endpoint find no replica. */
export function noReplicaAlarmName(endpointName: string): string {
  return `${endpointName}-no-replica`;
}

export function scalableResource(endpointName: string, variant = VARIANT): string {
  return `endpoint/${endpointName}/variant/${variant}`;
}

/** What scales: the machines of a variant, or the copies of an inference component. */
export type Scaled = { readonly endpointName: string; readonly variant?: string } | ScaledComponent;

export interface ScaledComponent {
  readonly endpointName: string;
  readonly component: string;
}

type Tracking = CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty;

/** Follows a metric: adds replicas at once, removes them after ten quiet minutes. */
export function renderTracking({ metric, target }: Scaling, scaled: Scaled): Tracking {
  return {
    targetValue: target,
    ...renderMetric(metric, scaled),
    scaleInCooldown: 600,
    scaleOutCooldown: 60,
  };
}

/** The step that brings the first replica: a target per replica says nothing where there is none. */
export const FIRST_REPLICA: CfnScalingPolicy.StepScalingPolicyConfigurationProperty = {
  adjustmentType: 'ChangeInCapacity',
  metricAggregationType: 'Maximum',
  cooldown: 300,
  stepAdjustments: [{ metricIntervalLowerBound: 0, scalingAdjustment: 1 }],
};

/** Tells that requests wait, or were refused, for want of any replica. */
function firstReplicaMetric(scaled: Scaled): { metricName: string; dimensions: Dimension[] } {
  return 'component' in scaled
    ? {
        metricName: 'NoCapacityInvocationFailures',
        dimensions: [{ name: 'InferenceComponentName', value: scaled.component }],
      }
    : {
        metricName: 'HasBacklogWithoutCapacity',
        dimensions: [{ name: 'EndpointName', value: scaled.endpointName }],
      };
}

/** Goes off while requests find no replica. */
export function noReplicaAlarm(scaled: Scaled) {
  return {
    alarmDescription: `Requests to ${scaled.endpointName} find no replica`,
    namespace: 'AWS/SageMaker',
    ...firstReplicaMetric(scaled),
    statistic: 'Maximum',
    period: 60,
    evaluationPeriods: 1,
    threshold: 1,
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    treatMissingData: 'notBreaching',
  };
}

interface Dimension {
  readonly name: string;
  readonly value: string;
}

function renderMetric(metric: Scaling['metric'], scaled: Scaled): Partial<Tracking> {
  const component = 'component' in scaled;
  switch (metric) {
    case 'requestsPerMinute':
      return predefined(
        component
          ? 'SageMakerInferenceComponentInvocationsPerCopy'
          : 'SageMakerVariantInvocationsPerInstance',
      );
    case 'concurrentRequests':
      return predefined(
        component
          ? 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution'
          : 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
      );
    case 'gpuPercent':
      return custom('/aws/sagemaker/Endpoints', 'GPUUtilization', [
        { name: 'EndpointName', value: scaled.endpointName },
        { name: 'VariantName', value: ('variant' in scaled && scaled.variant) || VARIANT },
      ]);
    case 'backlog':
      return custom('AWS/SageMaker', 'ApproximateBacklogSizePerInstance', [
        { name: 'EndpointName', value: scaled.endpointName },
      ]);
  }
}

function predefined(predefinedMetricType: string): Partial<Tracking> {
  return { predefinedMetricSpecification: { predefinedMetricType } };
}

function custom(namespace: string, metricName: string, dimensions: Dimension[]): Partial<Tracking> {
  return { customizedMetricSpecification: { namespace, metricName, dimensions, statistic: 'Average' } };
}
