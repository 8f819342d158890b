import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { type ResolvedReplicas, VARIANT } from './endpoint-settings';

export const SCALING = {
  serviceNamespace: 'sagemaker',
  scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const;

export function scalableResource(endpointName: string): string {
  return `endpoint/${endpointName}/variant/${VARIANT}`;
}

/** Follows the requests per minute and replica; adds replicas at once, removes them after ten quiet minutes. */
export function renderTracking(
  requestsPerMinute: number,
): CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty {
  return {
    targetValue: requestsPerMinute,
    predefinedMetricSpecification: {
      predefinedMetricType: 'SageMakerVariantInvocationsPerInstance',
    },
    scaleInCooldown: 600,
    scaleOutCooldown: 60,
  };
}

export interface EndpointScalingProps {
  readonly endpointName: string;
  readonly endpoint: CfnEndpoint;
  readonly min: number;
  readonly scaling: NonNullable<ResolvedReplicas['scaling']>;
}

/** Number of replicas by the requests they get. */
export class EndpointScaling extends Construct {
  readonly target: CfnScalableTarget;
  readonly policy: CfnScalingPolicy;

  constructor(scope: Construct, id: string, props: EndpointScalingProps) {
    super(scope, id);
    const { endpoint, endpointName, min, scaling } = props;
    this.target = new CfnScalableTarget(this, 'Target', {
      ...SCALING,
      resourceId: scalableResource(endpointName),
      minCapacity: min,
      maxCapacity: scaling.max,
    });
    this.target.addResourceDependency(endpoint);
    this.policy = new CfnScalingPolicy(this, 'Policy', {
      policyName: `${endpointName}-requests`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: renderTracking(scaling.requestsPerMinute),
    });
  }
}
