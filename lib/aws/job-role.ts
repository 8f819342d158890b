import {
  Grant,
  type IGrantable,
  type IRole,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Aws, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { IArtifactStore } from './artifact-store';
import { prefixesOf, type StoreLocations } from './store-location';

/** A role that SageMaker of this account assumes, for one job or model. */
export function createSageMakerRole(scope: Construct, description: string): Role {
  return new Role(scope, 'Role', {
    description,
    assumedBy: new ServicePrincipal('sagemaker.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
}

/** Lets a role write the log and the metrics of what it runs. */
export function grantTelemetry(role: Role, logGroup: string, namespace = logGroup): void {
  const arn = Stack.of(role).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: logGroup,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  Grant.addToPrincipal({
    grantee: role,
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    resourceArns: [arn, `${arn}:*`],
  });
  // PutMetricData knows no resources; the namespace is its limit.
  Grant.addToPrincipal({
    grantee: role,
    actions: ['cloudwatch:PutMetricData'],
    resourceArns: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': namespace } },
  });
}

/** Lets a role read its inputs, write its outputs, and use the store's key for the disks of its machine. */
export function grantStore(
  role: Role,
  store: IArtifactStore,
  inputs: StoreLocations,
  outputs: StoreLocations,
): void {
  store.grantRead(role, ...prefixesOf(inputs));
  store.grantWrite(role, ...prefixesOf(outputs));
  const keyArn = store.encryptionKey.keyArn;
  role.addToPolicy(new PolicyStatement({ actions: ['kms:DescribeKey', 'kms:Encrypt'], resources: [keyArn] }));
  role.addToPolicy(
    new PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources: [keyArn],
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  );
}

/** Lets `grantee` hand the role to SageMaker, and to nothing else. */
export function grantPassToSageMaker(role: IRole, grantee: IGrantable): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['iam:PassRole'],
    resourceArns: [role.roleArn],
    conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
  });
}
