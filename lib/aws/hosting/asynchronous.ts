import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type Issue, issue } from '../../issue';
import type { IArtifactStore } from '../artifact-store';
import { EndpointScaling } from '../endpoint-scaling';
import { renderVariant } from '../endpoint-settings';
import { renderDeployment } from '../guardrails';
import { checkReplicas } from '../replicas';
import type { HostingBinding, HostingContext, HostingMode, HostingRequest } from './hosting-mode';
import { retention } from './retention';

export interface AsynchronousOptions {
  /**
   * Requests are read from `invocations/<endpoint>/requests/`, answers written to `…/answers/` and
   * failures to `…/failures/`, encrypted with the store's key.
   */
  readonly store: IArtifactStore;
  /** Hears of answers. @default - nobody does */
  readonly successTopic?: ITopic;
  /** Hears of failures. @default - nobody does */
  readonly errorTopic?: ITopic;
  /** Requests that one replica works on at the same time, 1 to 1000. @default - SageMaker chooses */
  readonly concurrentRequests?: number;
}

const LIMITS = { place: 'an asynchronous endpoint', metrics: ['backlog'], least: 0 } as const;

/** Takes requests into a queue: up to 1 GB and an hour each, and no machine where none waits. */
export class Asynchronous implements HostingMode {
  readonly invokeActions = ['sagemaker:InvokeEndpointAsync'];

  constructor(private readonly options: AsynchronousOptions) {}

  check({ machine, replicas }: HostingRequest): Issue[] {
    const { concurrentRequests } = this.options;
    const allowed =
      concurrentRequests === undefined ||
      (Number.isInteger(concurrentRequests) && concurrentRequests >= 1 && concurrentRequests <= 1000);
    return [
      ...checkReplicas(replicas, machine, LIMITS, 'replicas'),
      ...(allowed
        ? []
        : [
            issue(
              'asynchronous-concurrency',
              'hosting.concurrentRequests',
              `is ${concurrentRequests}`,
              'Choose a whole number from 1 to 1000.',
            ),
          ]),
    ];
  }

  bind(scope: Construct, context: HostingContext): HostingBinding {
    const { endpointName, live, role, rollout, rollbackAlarms } = context;
    const { store, successTopic, errorTopic } = this.options;
    const paths = pathsOf(endpointName);
    store.grantRead(role, paths.requests);
    store.grantWrite(role, paths.answers);
    store.grantWrite(role, paths.failures);
    successTopic?.grantPublish(role);
    errorTopic?.grantPublish(role);
    const { min, scaling } = live.replicas;
    return {
      machines: [live.machine],
      config: { productionVariants: [renderVariant(live)], asyncInferenceConfig: this.renderConfig(paths) },
      endpoint: {
        deploymentConfig: renderDeployment(rollout, rollbackAlarms),
        ...retention(scaling !== undefined),
      },
      complete: (resource) => {
        if (scaling)
          new EndpointScaling(scope, 'Scaling', { scaled: { endpointName }, resource, min, scaling });
      },
      grantInvoke: (grantee) => {
        grantQueue(grantee, store, paths);
      },
    };
  }

  private renderConfig(paths: Paths): CfnEndpointConfig.AsyncInferenceConfigProperty {
    const { store, successTopic, errorTopic, concurrentRequests } = this.options;
    return {
      outputConfig: {
        s3OutputPath: store.s3Uri(paths.answers),
        s3FailurePath: store.s3Uri(paths.failures),
        kmsKeyId: store.encryptionKey.keyArn,
        ...((successTopic ?? errorTopic) && {
          notificationConfig: { successTopic: successTopic?.topicArn, errorTopic: errorTopic?.topicArn },
        }),
      },
      ...(concurrentRequests !== undefined && {
        clientConfig: { maxConcurrentInvocationsPerInstance: concurrentRequests },
      }),
    };
  }
}

interface Paths {
  readonly requests: string;
  readonly answers: string;
  readonly failures: string;
}

function pathsOf(endpointName: string): Paths {
  const root = `invocations/${endpointName}`;
  return { requests: `${root}/requests/`, answers: `${root}/answers/`, failures: `${root}/failures/` };
}

/** A caller leaves its request in the store, and finds the answer there. */
function grantQueue(grantee: IGrantable, store: IArtifactStore, paths: Paths): Grant {
  return store
    .grantWrite(grantee, paths.requests)
    .combine(store.grantRead(grantee, paths.answers))
    .combine(store.grantRead(grantee, paths.failures));
}
