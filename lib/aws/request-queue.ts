import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type Issue, issue } from '../issue';
import type { IArtifactStore } from './artifact-store';

/** How an asynchronous endpoint works through its requests. */
export interface RequestQueueOptions {
  /** Hears of answers. @default - nobody does */
  readonly successTopic?: ITopic;
  /** Hears of failures. @default - nobody does */
  readonly errorTopic?: ITopic;
  /** Requests that one replica works on at the same time, 1 to 1000. @default - SageMaker chooses */
  readonly concurrentRequests?: number;
}

/**
 * The directories of a store through which an asynchronous endpoint is asked, and answers:
 *
 * ```ts
 * new RequestQueue(pipeline.store, pipeline.endpointName).grantAsk(caller);
 * ```
 */
export class RequestQueue {
  /** Where requests are left, below the store: `invocations/<endpoint>/requests/`. */
  readonly requests: string;
  private readonly answers: string;
  private readonly failures: string;

  constructor(
    private readonly store: IArtifactStore,
    endpointName: string,
    private readonly options: RequestQueueOptions = {},
  ) {
    const root = `invocations/${endpointName}`;
    this.requests = `${root}/requests/`;
    this.answers = `${root}/answers/`;
    this.failures = `${root}/failures/`;
  }

  /** As CreateEndpointConfig takes it, in CloudFormation's words. */
  render(): CfnEndpointConfig.AsyncInferenceConfigProperty {
    const { successTopic, errorTopic, concurrentRequests } = this.options;
    return {
      outputConfig: {
        s3OutputPath: this.store.s3Uri(this.answers),
        s3FailurePath: this.store.s3Uri(this.failures),
        kmsKeyId: this.store.encryptionKey.keyArn,
        ...((successTopic ?? errorTopic) && {
          notificationConfig: { successTopic: successTopic?.topicArn, errorTopic: errorTopic?.topicArn },
        }),
      },
      ...(concurrentRequests !== undefined && {
        clientConfig: { maxConcurrentInvocationsPerInstance: concurrentRequests },
      }),
    };
  }

  /** Allows the endpoint reading requests, and writing and telling what became of them. */
  grantWork(role: IGrantable): void {
    this.store.grantRead(role, this.requests);
    this.store.grantWrite(role, this.answers, this.failures);
    this.options.successTopic?.grantPublish(role);
    this.options.errorTopic?.grantPublish(role);
  }

  /** Allows a caller leaving requests, and reading what became of them. */
  grantAsk(grantee: IGrantable): Grant {
    return this.store
      .grantWrite(grantee, this.requests)
      .combine(this.store.grantRead(grantee, this.answers, this.failures));
  }
}

/** What SageMaker does not take. */
export function checkQueueOptions({ concurrentRequests }: RequestQueueOptions, path: string): Issue[] {
  if (concurrentRequests === undefined) return [];
  if (Number.isInteger(concurrentRequests) && concurrentRequests >= 1 && concurrentRequests <= 1000)
    return [];
  const fix = 'Choose a whole number from 1 to 1000.';
  return [issue('asynchronous-concurrency', `${path}.concurrentRequests`, `is ${concurrentRequests}`, fix)];
}
