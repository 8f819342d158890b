import { numberOf, objectOf, type Properties } from './flatten';
import type { Subject } from './subject';
import { ENDPOINT } from './sagemaker';

/** An update of an endpoint, as `DeploymentConfig` has it. */
export interface Rollout {
  readonly strategy: 'all-at-once' | 'canary' | 'linear' | 'rolling';
  /** Percent of the machines per step, where it is given in percent. */
  readonly stepPercent?: number;
  readonly waitSeconds: number;
  /** Watched before the machines with the earlier model end. */
  readonly terminationSeconds: number;
  readonly timeoutSeconds?: number;
}

export function rolloutOf({ type, properties }: Subject): Rollout | undefined {
  if (type !== ENDPOINT) return undefined;
  const { BlueGreenUpdatePolicy, RollingUpdatePolicy } = objectOf(properties.DeploymentConfig);
  if (RollingUpdatePolicy !== undefined) {
    const policy = objectOf(RollingUpdatePolicy);
    return { strategy: 'rolling', ...stepOf(policy.MaximumBatchSize), ...timesOf(policy, policy) };
  }
  if (BlueGreenUpdatePolicy === undefined) return undefined;
  const policy = objectOf(BlueGreenUpdatePolicy);
  const routing = objectOf(policy.TrafficRoutingConfiguration);
  const times = timesOf(policy, routing);
  if (routing.Type === 'CANARY') return { strategy: 'canary', ...stepOf(routing.CanarySize), ...times };
  if (routing.Type === 'LINEAR') return { strategy: 'linear', ...stepOf(routing.LinearStepSize), ...times };
  return { strategy: 'all-at-once', ...times };
}

function stepOf(size: unknown): Pick<Rollout, 'stepPercent'> {
  const { Type, Value } = objectOf(size);
  return Type === 'CAPACITY_PERCENT' ? { stepPercent: numberOf(Value) } : {};
}

function timesOf(policy: Properties, waiting: Properties) {
  return {
    waitSeconds: numberOf(waiting.WaitIntervalInSeconds) ?? 0,
    terminationSeconds: numberOf(policy.TerminationWaitInSeconds) ?? 0,
    timeoutSeconds: numberOf(policy.MaximumExecutionTimeoutInSeconds),
  };
}
