import { checkRollout, renderDeployment, resolveRollout } from '../../lib/aws/guardrails';

test('the default moves all traffic at once and watches for five minutes', () => {
  expect(renderDeployment(resolveRollout(), ['latency'])).toEqual({
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: { type: 'ALL_AT_ONCE', waitIntervalInSeconds: 300 },
      maximumExecutionTimeoutInSeconds: 2100,
    },
    autoRollbackConfiguration: { alarms: [{ alarmName: 'latency' }] },
  });
});

test('linear moves a share of the traffic per step', () => {
  const rollout = resolveRollout({ strategy: 'linear', stepPercent: 25, waitMinutes: 10 });
  expect(renderDeployment(rollout, [])).toEqual({
    blueGreenUpdatePolicy: {
      trafficRoutingConfiguration: {
        type: 'LINEAR',
        linearStepSize: { type: 'CAPACITY_PERCENT', value: 25 },
        waitIntervalInSeconds: 600,
      },
      maximumExecutionTimeoutInSeconds: 9600,
    },
  });
});

test('rolling replaces a share of the machines per step, for at most eight hours', () => {
  const rollout = resolveRollout({ strategy: 'rolling', stepPercent: 5 });
  expect(renderDeployment(rollout, [])).toEqual({
    rollingUpdatePolicy: {
      maximumBatchSize: { type: 'CAPACITY_PERCENT', value: 5 },
      waitIntervalInSeconds: 300,
      maximumExecutionTimeoutInSeconds: 28800,
    },
  });
});

test.each([
  ['canary', 50, true],
  ['canary', 51, false],
  ['linear', 10, true],
  ['linear', 9, false],
  ['rolling', 5, true],
  ['rolling', 4, false],
] as const)('%s with %d percent a step: %s', (strategy, stepPercent, accepted) => {
  const issues = checkRollout({ strategy, stepPercent, waitMinutes: 1 }, 'release');
  expect(issues.map(({ code }) => code)).toEqual(accepted ? [] : ['guardrail-step']);
});
