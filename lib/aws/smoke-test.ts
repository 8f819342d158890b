import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import { Duration, Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { PROMPTS_FILE } from '../artifact/language-model/prompts';
import type { Retry, ServingRuntime, Tolerance } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { parameter, type State } from './asl';
import { BundledFunction, type FunctionOptions } from './bundled-function';
import type { RequestQueue } from './request-queue';

export interface SmokeTestProps extends Pick<FunctionOptions, 'logEncryptionKey' | 'logRetention'> {
  readonly store: IArtifactStore;
  readonly endpointName: string;
  readonly runtime: ServingRuntime;
  /** The version that was released: `s3://…/models/<version>/`, or an expression that yields it. */
  readonly version: string;
  /**
   * Accepted difference between the endpoint's answers and the golden samples.
   * @default - 1e-4 absolute and relative
   */
  readonly tolerance?: Tolerance;
  /** Through which an asynchronous endpoint is asked. @default - it answers at once */
  readonly queue?: RequestQueue;
}

const RETRY: Retry = { attempts: 2, backoffSeconds: 30 };

/**
 * Sends the golden samples of a version to an endpoint, or the prompts of a language model; an answer that
 * differs, or a prompt that is not continued, ends the task with an error.
 */
export class SmokeTest extends Construct {
  readonly role: Role;
  /** The task of a state machine, without its `Next`. */
  readonly state: State;
  private readonly bundled: BundledFunction;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    const { endpointName, queue, runtime, store, tolerance = {}, version } = props;
    this.bundled = new BundledFunction(this, 'Function', {
      ...props,
      bundle: 'smoke-test',
      description: `Tries the endpoint "${endpointName}" with what its version is to answer`,
      timeout: Duration.minutes(10),
      memory: Size.mebibytes(512),
      ephemeralStorage: Size.mebibytes(512),
    });
    this.role = this.bundled.role;
    this.grantSamples(props);
    Grant.addToPrincipal({
      grantee: this.role,
      actions: [queue ? 'sagemaker:InvokeEndpointAsync' : 'sagemaker:InvokeEndpoint'],
      resourceArns: [
        Stack.of(this).formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: endpointName }),
      ],
    });
    queue?.grantAsk(this.role);
    const event = {
      endpointName,
      runtime,
      tolerance,
      ...(queue && { requests: store.s3Uri(queue.requests) }),
      ...parameter('version', version),
    };
    this.state = this.bundled.renderTask(event, RETRY);
  }

  /** Allows calling the function. */
  grantRun(grantee: IGrantable): void {
    this.bundled.grantInvoke(grantee);
  }

  /** Nothing else of a version is read: beside it lies the model. */
  private grantSamples({ runtime, store }: SmokeTestProps): void {
    if (runtime !== 'vllm') {
      store.grantRead(this.role, 'models/*/golden/');
      return;
    }
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:GetObject'],
      resourceArns: [store.bucket.arnForObjects(`models/*/${PROMPTS_FILE}`)],
    });
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['kms:Decrypt'],
      resourceArns: [store.encryptionKey.keyArn],
    });
  }
}
