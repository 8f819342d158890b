import { Grant, type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, type Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Retry } from '../pipeline';
import type { State } from './asl';
import { bundleDigest } from './bundle-digest';
import { bundlePath, type FunctionBundle } from './function-bundle';

/** What every function of this library lets its user choose. */
export interface FunctionOptions {
  /** @default - 15 minutes, the longest AWS Lambda allows */
  readonly timeout?: Duration;
  /** @default - what the construct needs */
  readonly memory?: Size;
  /** Room in `/tmp`. @default - what the construct needs */
  readonly ephemeralStorage?: Size;
  /** Encrypts the log. @default - a key of CloudWatch's */
  readonly logEncryptionKey?: IKey;
  /** @default - one year */
  readonly logRetention?: RetentionDays;
}

export interface BundledFunctionProps extends FunctionOptions {
  readonly memory: Size;
  readonly ephemeralStorage: Size;
  readonly bundle: FunctionBundle;
  readonly description: string;
}

/** What AWS Lambda reports of itself, not of the program it runs. */
const SERVICE_ERRORS = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/** Waiting for a place to run, beyond the time the function may take. */
const QUEUE_SECONDS = 60;

/** A Lambda function that ships with this library, built, with a role and a log of its own. */
export class BundledFunction extends Construct {
  readonly role: Role;
  readonly function: Function;
  private readonly timeout: Duration;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    this.timeout = props.timeout ?? Duration.minutes(15);
    const logGroup = new LogGroup(this, 'Log', {
      encryptionKey: props.logEncryptionKey,
      retention: props.logRetention ?? RetentionDays.ONE_YEAR,
    });
    this.role = new Role(this, 'Role', {
      description: props.description,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resourceArns: [logGroup.logGroupArn],
    });
    const path = bundlePath(props.bundle);
    this.function = new Function(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      handler: 'index.handler',
      code: Code.fromAsset(path, { assetHash: bundleDigest(path) }),
      role: this.role,
      logGroup,
      timeout: this.timeout,
      memorySize: props.memory.toMebibytes(),
      ephemeralStorageSize: props.ephemeralStorage,
      tracing: Tracing.ACTIVE,
    });
  }

  /** The task of a state machine that calls the function, without its `Next`. The answer is at `$.Payload`. */
  renderTask(payload: object, retry: Retry): State {
    return {
      Type: 'Task',
      Resource: `arn:${Stack.of(this).partition}:states:::lambda:invoke`,
      Parameters: { FunctionName: this.function.functionArn, Payload: payload },
      TimeoutSeconds: this.timeout.toSeconds() + QUEUE_SECONDS,
      Retry: [
        {
          ErrorEquals: SERVICE_ERRORS,
          IntervalSeconds: retry.backoffSeconds,
          MaxAttempts: retry.attempts,
          BackoffRate: 2,
        },
      ],
    };
  }

  grantInvoke(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.function.functionArn],
    });
  }
}
