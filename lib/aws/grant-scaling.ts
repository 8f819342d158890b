import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Aws, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { noReplicaAlarmName } from './scaling-parameters';

export interface ScalingGrant {
  readonly endpointName: string;
  /** Whether scaling may be put on, too. */
  readonly scales: boolean;
  /** Whether there may be no machine, and an alarm brings the first. */
  readonly firstReplica: boolean;
}

/** Allows taking off the scaling of an endpoint, and putting it on where it scales. */
export function grantScaling(scope: Construct, grantee: IGrantable, grant: ScalingGrant): void {
  const { endpointName, firstReplica, scales } = grant;
  const stack = Stack.of(scope);
  Grant.addToPrincipal({
    grantee,
    actions: [
      'application-autoscaling:DeregisterScalableTarget',
      ...(scales
        ? ['application-autoscaling:PutScalingPolicy', 'application-autoscaling:RegisterScalableTarget']
        : []),
    ],
    // A target's ARN ends in an id that it gets when it is registered.
    resourceArns: [
      stack.formatArn({
        service: 'application-autoscaling',
        resource: 'scalable-target',
        resourceName: '*',
      }),
    ],
    conditions: { StringEquals: { 'application-autoscaling:service-namespace': 'sagemaker' } },
  });
  Grant.addToPrincipal({
    grantee,
    actions: [
      'cloudwatch:DeleteAlarms',
      ...(scales ? ['cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm'] : []),
    ],
    resourceArns: [
      `arn:${Aws.PARTITION}:cloudwatch:${stack.region}:${stack.account}:alarm:TargetTracking-endpoint/${endpointName}/*`,
    ],
  });
  if (!scales) return;
  Grant.addToPrincipal({
    grantee,
    actions: ['sagemaker:UpdateEndpointWeightsAndCapacities'],
    resourceArns: [
      stack.formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: endpointName }),
    ],
  });
  if (firstReplica) {
    const resourceName = noReplicaAlarmName(endpointName);
    const { COLON_RESOURCE_NAME: arnFormat } = ArnFormat;
    const alarm = stack.formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName, arnFormat });
    Grant.addToPrincipal({ grantee, actions: ['cloudwatch:PutMetricAlarm'], resourceArns: [alarm] });
  }
  Grant.addToPrincipal({
    grantee,
    actions: ['iam:CreateServiceLinkedRole'],
    resourceArns: [
      `arn:${Aws.PARTITION}:iam::${stack.account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`,
    ],
    conditions: {
      StringEquals: { 'iam:AWSServiceName': 'sagemaker.application-autoscaling.amazonaws.com' },
    },
  });
}
