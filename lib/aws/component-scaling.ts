import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnInferenceComponent } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import type { Scaling } from './replicas';
import {
  COMPONENT_SCALING,
  FIRST_REPLICA,
  noReplicaAlarm,
  renderTracking,
  type ScaledComponent,
} from './scaling-parameters';

export interface ComponentScalingProps {
  readonly scaled: ScaledComponent;
  /** Must exist before it is registered. */
  readonly resource: CfnInferenceComponent;
  readonly min: number;
  readonly scaling: Scaling;
}

/** The number of copies of an inference component by what they have to do; down to none where `min` is 0. */
export class ComponentScaling extends Construct {
  readonly target: CfnScalableTarget;
  readonly policy: CfnScalingPolicy;
  /** Brings the first replica; absent where `min` is above 0. */
  readonly firstReplica?: CfnScalingPolicy;

  constructor(scope: Construct, id: string, props: ComponentScalingProps) {
    super(scope, id);
    const { scaled, resource, min, scaling } = props;
    this.target = new CfnScalableTarget(this, 'Target', {
      ...COMPONENT_SCALING,
      resourceId: `inference-component/${scaled.component}`,
      minCapacity: min,
      maxCapacity: scaling.max,
    });
    this.target.addResourceDependency(resource);
    this.policy = new CfnScalingPolicy(this, 'Policy', {
      policyName: `${scaled.endpointName}-requests`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: this.target.ref,
      targetTrackingScalingPolicyConfiguration: renderTracking(scaling, scaled),
    });
    if (min === 0) this.firstReplica = this.createFirstReplica(scaled);
  }

  private createFirstReplica(scaled: ScaledComponent): CfnScalingPolicy {
    const policy = new CfnScalingPolicy(this, 'FirstReplica', {
      policyName: `${scaled.endpointName}-first-replica`,
      policyType: 'StepScaling',
      scalingTargetId: this.target.ref,
      stepScalingPolicyConfiguration: FIRST_REPLICA,
    });
    new CfnAlarm(this, 'NoReplica', { ...noReplicaAlarm(scaled), alarmActions: [policy.ref] });
    return policy;
  }
}
