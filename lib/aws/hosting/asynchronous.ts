import type { Construct } from 'constructs';
import type { Issue } from '../../issue';
import type { IArtifactStore } from '../artifact-store';
import { checkCapture } from '../asynchronous-settings';
import { renderVariant, VARIANT } from '../endpoint-settings';
import { renderDeployment } from '../guardrails';
import { checkReplicas } from '../replicas';
import { checkQueueOptions, RequestQueue, type RequestQueueOptions } from '../request-queue';
import type { HostingBinding, HostingContext, HostingMode, HostingRequest } from './hosting-mode';
import { retention } from './retention';

export interface AsynchronousOptions extends RequestQueueOptions {
  /**
   * Requests are read from `invocations/<endpoint>/requests/`, answers written to `…/answers/` and
   * failures to `…/failures/`, encrypted with the store's key.
   */
  readonly store: IArtifactStore;
}

const LIMITS = { place: 'an asynchronous endpoint', metrics: ['backlog'], least: 0 } as const;

/** Takes requests into a queue: up to 1 GB and an hour each, and no machine where none waits. */
export class Asynchronous implements HostingMode {
  readonly invokeActions = ['sagemaker:InvokeEndpointAsync'];

  constructor(private readonly options: AsynchronousOptions) {}

  check({ machine, replicas, given }: HostingRequest): Issue[] {
    return [
      ...checkReplicas(replicas, machine, LIMITS, 'replicas'),
      ...checkCapture(given.includes('capture'), 'capture'),
      ...checkQueueOptions(this.options, 'hosting'),
    ];
  }

  bind(_: Construct, context: HostingContext): HostingBinding {
    const { endpointName, live, role, rollout, rollbackAlarms } = context;
    const queue = new RequestQueue(this.options.store, endpointName, this.options);
    queue.grantWork(role);
    const { min, scaling } = live.replicas;
    return {
      machines: [live.machine],
      config: { productionVariants: [renderVariant(live)], asyncInferenceConfig: queue.render() },
      endpoint: {
        deploymentConfig: renderDeployment(rollout, rollbackAlarms),
        ...retention(scaling !== undefined),
      },
      scaled: scaling ? [{ variant: VARIANT, min, ...scaling }] : [],
      complete: () => undefined,
      grantInvoke: (grantee) => {
        queue.grantAsk(grantee);
      },
    };
  }
}
