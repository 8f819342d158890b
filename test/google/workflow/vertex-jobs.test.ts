import { definePipeline } from '../../../lib/pipeline';
import { execute } from '../../../lib/google/rehearsal/interpreter';
import { expectedSteps } from '../../../lib/rehearsal/scenarios';
import { runCustomJob } from '../../../lib/google/workflow/vertex-jobs';
import { spamFilter } from '../../../examples/spam-filter/pipeline';
import { FakeCloud } from './fake-cloud';
import { cloudWith, start, stepsOf, workflowOf } from './pipeline';

const { plan, source } = workflowOf(
  definePipeline({
    ...spamFilter,
    training: {
      ...spamFilter.training,
      tuning: {
        objective: 'loss',
        goal: 'minimize',
        ranges: { learningRate: { kind: 'continuous', min: 0.001, max: 0.1 } },
        trials: 3,
      },
    },
  }),
);

const trial = (id: string, value: number, state = 'SUCCEEDED') => ({
  id,
  state,
  finalMeasurement: { metrics: [{ value }] },
});

const tuned = (goal: 'MAXIMIZE' | 'MINIMIZE', trials: readonly object[]) => () => ({
  name: 'jobs/2',
  state: 'JOB_STATE_SUCCEEDED',
  studySpec: { metrics: [{ goal }] },
  trials,
});

test.each([
  ['the smallest', tuned('MINIMIZE', [trial('1', 0.5), trial('2', 0.2), trial('3', 0.9)]), '2'],
  ['the largest', tuned('MAXIMIZE', [trial('1', 0.5), trial('2', 0.2), trial('3', 0.9)]), '3'],
  ['one below zero', tuned('MAXIMIZE', [trial('1', -3), trial('2', -2), trial('3', -9)]), '2'],
  ['none that failed', tuned('MINIMIZE', [trial('1', 0.1, 'INFEASIBLE'), trial('2', 0.2)]), '2'],
])('what comes after a tuning reads the model of the best trial: %s', async (_, answer, best) => {
  const cloud = cloudWith().failing('hyperparameterTuningJobs.get', answer);
  const read: unknown[] = [];
  cloud.failing(
    'jobs.run',
    (args) => {
      read.push(JSON.stringify(args));
      return undefined;
    },
    { step: 'jobs/export' },
  );
  const { error, path } = await start(source, cloud);
  expect(error).toBeUndefined();
  expect(stepsOf(path, plan)).toEqual(expectedSteps(plan));
  expect(read).toEqual([expect.stringContaining(`runs/run-1/training/tune/model/${best}/`)]);
});

test('a tuning of which no trial succeeded fails', async () => {
  const cloud = cloudWith().failing(
    'hyperparameterTuningJobs.get',
    tuned('MINIMIZE', [trial('1', 1, 'STOPPED')]),
  );
  const { error } = await start(source, cloud);
  expect(error).toEqual({ message: 'no trial of the tuning succeeded', tags: ['JobFailed'] });
});

test('a job that gets no machine in time is cancelled', async () => {
  const cloud = new FakeCloud();
  const pending = { name: 'jobs/1', state: 'JOB_STATE_PENDING' };
  cloud.failing('customJobs.get', () => pending, { times: 99 });
  const args = { parent: 'parent', region: 'region', body: {}, max_seconds: 90 };
  const { error } = await execute(
    { main: { steps: [{ run: { call: 'job', args } }] }, job: runCustomJob() },
    { call: cloud.call },
  );
  expect(error).toEqual({
    message: 'no machine in time: the job was JOB_STATE_PENDING',
    tags: ['MachineLost', 'NoCapacity'],
  });
  expect(cloud.calls.map((name) => name.split('.').at(-1))).toEqual([
    'create',
    'get',
    'get',
    'get',
    'cancel',
  ]);
});
