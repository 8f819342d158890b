import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ArnFormat, CustomResource, Duration, Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function';
import type { EndpointEvent, ScalingProperties } from './functions/scaling';
import { grantScaling } from './grant-scaling';
import { noReplicaAlarmName } from './scaling-parameters';
import { type ScaledVariant, scalingTags } from './scaling-tags';

export interface EndpointScalingProps {
  readonly endpointName: string;
  /** The configuration that the endpoint gets, whose tags say how it scales. */
  readonly configName: string;
  readonly scaled: readonly ScaledVariant[];
  /** Encrypts the log. @default - a key of CloudWatch's */
  readonly logEncryptionKey?: IKey;
}

/** As events are seen to spell it, and as the API does. */
const IN_SERVICE = ['IN_SERVICE', 'InService'];

/**
 * Keeps the scaling of an endpoint what its live configuration says, also after a deployment was turned back.
 * The endpoint depends on it: before a change of machine, which SageMaker refuses with scaling, it is taken off.
 */
export class EndpointScaling extends Construct {
  private readonly bundled: BundledFunction;

  constructor(scope: Construct, id: string, props: EndpointScalingProps) {
    super(scope, id);
    const { configName, endpointName, logEncryptionKey, scaled } = props;
    this.bundled = new BundledFunction(this, 'Function', {
      bundle: 'scaling',
      description: `Keeps the scaling of the endpoint "${endpointName}"`,
      memory: Size.mebibytes(256),
      ephemeralStorage: Size.mebibytes(512),
      logEncryptionKey,
    });
    this.grantKeep(this.bundled.role, endpointName);
    const event: EndpointEvent = { endpointName };
    new Rule(this, 'InService', {
      description: `The endpoint "${endpointName}" has come into service`,
      eventPattern: {
        source: ['aws.sagemaker'],
        detailType: ['SageMaker Endpoint State Change'],
        detail: { EndpointName: [endpointName], EndpointStatus: IN_SERVICE },
      },
      targets: [new LambdaFunction(this.bundled.function, { event: RuleTargetInput.fromObject(event) })],
    });
    const properties: ScalingProperties = { EndpointName: endpointName, EndpointConfigName: configName };
    new CustomResource(this, 'Resource', {
      resourceType: 'Custom::EndpointScaling',
      serviceToken: this.bundled.function.functionArn,
      serviceTimeout: Duration.minutes(15),
      // Scaling that changes while the configuration stays is carried out, too.
      properties: { ...properties, Scaling: scalingTags(scaled) },
    });
  }

  /** Calls that failed: after three in a row, scaling may not be what it is to be. */
  metricErrors(options?: MetricOptions): Metric {
    return this.bundled.function.metricErrors(options);
  }

  private grantKeep(grantee: IGrantable, endpointName: string): void {
    const stack = Stack.of(this);
    const sagemaker = (resource: string, resourceName: string) =>
      stack.formatArn({ service: 'sagemaker', resource, resourceName });
    const noReplica = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: noReplicaAlarmName(endpointName),
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const grants: readonly (readonly [actions: string[], resourceArns: string[]])[] = [
      [['sagemaker:DescribeEndpoint'], [sagemaker('endpoint', endpointName)]],
      // CloudFormation chooses their names, and the one before must be read as well.
      [['sagemaker:DescribeEndpointConfig', 'sagemaker:ListTags'], [sagemaker('endpoint-config', '*')]],
      [['application-autoscaling:DescribeScalableTargets'], ['*']],
      [['cloudwatch:DeleteAlarms'], [noReplica]],
    ];
    for (const [actions, resourceArns] of grants) Grant.addToPrincipal({ grantee, actions, resourceArns });
    grantScaling(this, grantee, { endpointName, scales: true, firstReplica: true });
  }
}
