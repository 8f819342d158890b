import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { createSageMakerRole, grantTelemetry } from './job-role';

const NAMESPACE = '/aws/sagemaker/Endpoints';

export interface EndpointRoleProps {
  readonly endpointName: string;
  /** Alarms that turn a release back. */
  readonly rollback: readonly Alarm[];
  /** Encrypts the log. @default - a key of CloudWatch's */
  readonly logEncryptionKey?: IKey;
}

/** The role an endpoint's containers run with, and their log. It reads its model; the caller grants that. */
export function createEndpointRole(scope: Construct, props: EndpointRoleProps): Role {
  const { endpointName, logEncryptionKey, rollback } = props;
  const logGroupName = `${NAMESPACE}/${endpointName}`;
  new LogGroup(scope, 'Log', {
    logGroupName,
    encryptionKey: logEncryptionKey,
    retention: RetentionDays.ONE_YEAR,
    // SageMaker's name for it: one that stayed would be in the way of the next deployment.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = createSageMakerRole(scope, `Serves the endpoint "${endpointName}"`);
  grantTelemetry(role, logGroupName, NAMESPACE);
  grantAlarms(role, rollback);
  return role;
}

/** Lets SageMaker watch the alarms that turn a release back, in the name of `grantee`. */
export function grantAlarms(grantee: IGrantable, alarms: readonly Alarm[]): void {
  if (alarms.length === 0) return;
  Grant.addToPrincipal({
    grantee,
    actions: ['cloudwatch:DescribeAlarms'],
    resourceArns: alarms.map(({ alarmArn }) => alarmArn),
  });
}
