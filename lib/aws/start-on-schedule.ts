import { Grant, type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Aws, type Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

export interface ScheduleSettings {
  readonly description: string;
  readonly every: Duration;
  readonly stateMachine: IStateMachine;
  /** Of the state machine's runs. */
  readonly encryptionKey: IKey;
}

/** Starts a state machine again and again, in the name of a role of its own. */
export function startOnSchedule(
  scope: Construct,
  { description, encryptionKey, every, stateMachine }: ScheduleSettings,
): Schedule {
  const role = new Role(scope, 'ScheduleRole', {
    description: `Starts: ${description}`,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  grantStart(role, stateMachine, encryptionKey);
  return new Schedule(scope, 'Schedule', {
    description,
    schedule: ScheduleExpression.rate(every),
    target: new StepFunctionsStartExecution(stateMachine, { role }),
  });
}

/** Allows starting runs of a state machine, whose input is encrypted with its key. */
export function grantStart(grantee: IGrantable, stateMachine: IStateMachine, encryptionKey: IKey): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['states:StartExecution'],
    resourceArns: [stateMachine.stateMachineArn],
  }).combine(
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resourceArns: [encryptionKey.keyArn],
    }),
  );
}
