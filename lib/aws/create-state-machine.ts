import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Aws } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type StateMachineDefinition, toJson } from './asl';

export interface StateMachineSettings {
  /** Encryption is bound to the machine's ARN, so it needs a name that is known before it exists. */
  readonly name: string;
  /** Of its role. */
  readonly description: string;
  readonly definition: StateMachineDefinition;
  readonly encryptionKey: IKey;
}

/** A state machine with a role of its own, encrypted, traced, and logged without the data of its runs. */
export function createStateMachine(scope: Construct, settings: StateMachineSettings): StateMachine {
  const { name, description, definition, encryptionKey } = settings;
  const logGroup = new LogGroup(scope, 'Log', {
    // Log groups of this prefix count once against the size of the account's log policy.
    logGroupName: `/aws/vendedlogs/states/${name}`,
    encryptionKey,
    retention: RetentionDays.ONE_YEAR,
  });
  // By its ARN: given the key itself, the construct would allow a wildcard action in the key's policy.
  const key = Key.fromKeyArn(scope, 'StateMachineKey', encryptionKey.keyArn);
  return new StateMachine(scope, 'StateMachine', {
    stateMachineName: name,
    definitionBody: DefinitionBody.fromString(toJson(scope, definition)),
    role: new Role(scope, 'Role', {
      description,
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    }),
    logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
    tracingEnabled: true,
    encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
  });
}
