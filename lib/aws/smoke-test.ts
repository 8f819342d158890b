import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import { Duration, Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Retry, Tolerance } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { parameter, type State } from './asl';
import { BundledFunction, type FunctionOptions } from './bundled-function';

export interface SmokeTestProps extends Pick<FunctionOptions, 'logEncryptionKey' | 'logRetention'> {
  readonly store: IArtifactStore;
  readonly endpointName: string;
  readonly runtime: 'onnx' | 'triton';
  /** `golden/` of the version that was released: `s3://…/`, or an expression that yields it. */
  readonly golden: string;
  /** Accepted difference between the endpoint's answers and the golden samples. */
  readonly tolerance: Tolerance;
}

const RETRY: Retry = { attempts: 2, backoffSeconds: 30 };

/** Sends the golden samples to an endpoint; an answer that differs ends the task with an error. */
export class SmokeTest extends Construct {
  readonly role: Role;
  /** The task of a state machine, without its `Next`. */
  readonly state: State;
  private readonly bundled: BundledFunction;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    const { endpointName, golden, runtime, store, tolerance } = props;
    this.bundled = new BundledFunction(this, 'Function', {
      ...props,
      bundle: 'smoke-test',
      description: `Sends the golden samples to the endpoint "${endpointName}"`,
      timeout: Duration.minutes(10),
      memory: Size.mebibytes(512),
      ephemeralStorage: Size.mebibytes(512),
    });
    this.role = this.bundled.role;
    store.grantRead(this.role, 'models/');
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['sagemaker:InvokeEndpoint'],
      resourceArns: [
        Stack.of(this).formatArn({ service: 'sagemaker', resource: 'endpoint', resourceName: endpointName }),
      ],
    });
    const event = { endpointName, runtime, tolerance, ...parameter('golden', golden) };
    this.state = this.bundled.renderTask(event, RETRY);
  }

  /** Allows calling the function. */
  grantRun(grantee: IGrantable): void {
    this.bundled.grantInvoke(grantee);
  }
}
