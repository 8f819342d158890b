import { join } from 'node:path';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from './fixture-programs';
import { containing } from './matchers';
import { rehearse } from '../rehearsal/rehearse';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const definition: PipelineDefinition = {
  ...fixtureDefinition,
  optimization: {},
  deployment: {
    ...fixtureDefinition.deployment,
    endpoint: {
      ...fixtureDefinition.deployment.endpoint,
      mode: 'asynchronous',
      replicas: { min: 0, max: 4, backlog: 5 },
    },
  },
  monitoring: { ...fixtureDefinition.monitoring, queue: { ageSeconds: { critical: 900 } } },
};

const scenarios = scenariosOf(compile(definition));

const data = join(__dirname, '..', 'fixtures', 'data');
const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(definition, { data, runProgram: runFixture }),
);

test('a version is released through the queue, and scales from no replica', async () => {
  const { calls } = await perform('success, over another version');
  const from = calls.findIndex(({ state }) => state === 'release: smoke test');
  expect(calls.slice(from, from + 5).map(({ action }) => action)).toEqual([
    'lambda:invoke',
    'applicationautoscaling:registerScalableTarget',
    'applicationautoscaling:putScalingPolicy',
    'applicationautoscaling:putScalingPolicy',
    'cloudwatch:putMetricAlarm',
  ]);
  const [alarm] = calls.filter(({ action }) => action === 'cloudwatch:putMetricAlarm');
  expect(alarm?.parameters).toMatchObject({
    MetricName: 'HasBacklogWithoutCapacity',
    AlarmActions: [containing('scalingPolicy')],
  });
});

test('an update begins with a replica, though there may be none', async () => {
  const { calls } = await perform('success, over another version');
  const [update] = calls.filter(({ action }) => action === 'sagemaker:updateEndpoint');
  expect(update?.parameters).toMatchObject({ RetainAllVariantProperties: false });
});

test.each([
  'endpoint failed',
  'silent rollback',
  'smoke test failed',
  'rollback',
  'rollback of an endpoint that is gone',
  'rollback whose smoke test fails',
])('%s', async (name) => {
  await perform(name);
});

test('every permission that asking through the queue and scaling from nothing take was used', () => {
  const asking = /(Endpoint|SmokeTest).*Role|cloudwatch|application-autoscaling/;
  expect(
    rehearsal()
      .unusedPermissions()
      .filter((permission) => asking.test(permission)),
  ).toEqual([]);
});
