import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import type { Issue } from '../issue';
import type { Release, ReleaseStep } from '../pipeline';

/** How an endpoint moves from one model to the next: as a plan's release step has it. */
export type Rollout = Pick<ReleaseStep, 'strategy' | 'stepPercent' | 'waitMinutes'>;

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html */
export const EXECUTION_SECONDS = { min: 600, max: 28800 };
const START_SECONDS = 1800;
/** Percent of the machines per step: TrafficRoutingConfig and RollingUpdatePolicy of the same reference. */
export const STEP_PERCENT: Readonly<
  Record<Exclude<Rollout['strategy'], 'all-at-once'>, { min: number; max: number }>
> = {
  canary: { min: 1, max: 50 },
  linear: { min: 10, max: 50 },
  rolling: { min: 5, max: 50 },
};

export function resolveRollout(release: Release = { strategy: 'all-at-once' }): Rollout {
  return {
    strategy: release.strategy,
    stepPercent: release.strategy === 'all-at-once' ? 100 : release.stepPercent,
    waitMinutes: release.waitMinutes ?? 5,
  };
}

/** What SageMaker's deployment guardrails do not take. */
export function checkRollout(rollout: Rollout, path: string): Issue[] {
  const { strategy, stepPercent, waitMinutes } = rollout;
  const issues: Issue[] = [];
  const limit = strategy === 'all-at-once' ? undefined : STEP_PERCENT[strategy];
  if (limit && (stepPercent < limit.min || stepPercent > limit.max)) {
    issues.push({
      code: 'guardrail-step',
      path: `${path}.stepPercent`,
      message: `is ${stepPercent}; SageMaker takes ${limit.min} to ${limit.max} for "${strategy}"`,
      fix: `Choose a value from ${limit.min} to ${limit.max}.`,
    });
  }
  if (waitMinutes < 0 || waitMinutes > 60) {
    issues.push({
      code: 'guardrail-wait',
      path: `${path}.waitMinutes`,
      message: `is ${waitMinutes}; SageMaker waits 0 to 60 minutes after a step`,
      fix: 'Choose a value from 0 to 60.',
    });
  }
  if (waitSeconds(rollout) + EXECUTION_SECONDS.min > EXECUTION_SECONDS.max) {
    issues.push({
      code: 'guardrail-duration',
      path,
      message: `waits ${waitSeconds(rollout) / 60} minutes in all; SageMaker ends a deployment after 480 minutes, and starting the machines takes about 10`,
      fix: 'Take larger steps, or wait less after each.',
    });
  }
  return issues;
}

/** The rollout with the alarms that turn it back. */
export function renderDeployment(
  rollout: Rollout,
  alarmNames: readonly string[],
): CfnEndpoint.DeploymentConfigProperty {
  return {
    ...renderPolicy(rollout),
    ...(alarmNames.length > 0 && {
      autoRollbackConfiguration: { alarms: alarmNames.map((alarmName) => ({ alarmName })) },
    }),
  };
}

function renderPolicy(rollout: Rollout): CfnEndpoint.DeploymentConfigProperty {
  const waitIntervalInSeconds = rollout.waitMinutes * 60;
  const maximumExecutionTimeoutInSeconds = Math.min(
    EXECUTION_SECONDS.max,
    Math.max(EXECUTION_SECONDS.min, waitSeconds(rollout) + stepsOf(rollout) * START_SECONDS),
  );
  if (rollout.strategy === 'rolling') {
    return {
      rollingUpdatePolicy: {
        maximumBatchSize: percent(rollout.stepPercent),
        waitIntervalInSeconds,
        maximumExecutionTimeoutInSeconds,
      },
    };
  }
  return {
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: { ...renderTraffic(rollout), waitIntervalInSeconds },
      maximumExecutionTimeoutInSeconds,
    },
  };
}

function renderTraffic({
  strategy,
  stepPercent,
}: Rollout): Pick<CfnEndpoint.TrafficRoutingConfigProperty, 'type' | 'canarySize' | 'linearStepSize'> {
  if (strategy === 'canary') return { type: 'CANARY', canarySize: percent(stepPercent) };
  if (strategy === 'linear') return { type: 'LINEAR', linearStepSize: percent(stepPercent) };
  return { type: 'ALL_AT_ONCE' };
}

function percent(value: number): CfnEndpoint.CapacitySizeProperty {
  return { type: 'CAPACITY_PERCENT', value };
}

function waitSeconds(rollout: Rollout): number {
  return stepsOf(rollout) * rollout.waitMinutes * 60;
}

/** Times the endpoint is watched: a canary once with its share and once with all traffic. */
function stepsOf({ strategy, stepPercent }: Rollout): number {
  if (strategy === 'all-at-once') return 1;
  return strategy === 'canary' ? 2 : Math.ceil(100 / stepPercent);
}
