import { join } from 'node:path';
import { compile } from '../../lib/pipeline';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { temporaryDirectory } from '../artifact/support';
import { fixtureDefinition, runFixture } from './fixture-programs';
import { containing } from './matchers';
import { performEach, rehearse } from '../rehearsal/rehearse';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const DATA = join(__dirname, '..', 'fixtures', 'data');

const scenarios = scenariosOf(compile(fixtureDefinition));

const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(fixtureDefinition, { data: DATA, runProgram: runFixture }),
);

performEach(scenarios, perform);

test('a job whose machine was taken away goes on from its checkpoints, as another job', async () => {
  const { calls } = await perform('spot interruption with resume');
  const tries = calls.filter(({ state }) => state === 'train: job').map(({ parameters }) => parameters);
  expect(tries).toHaveLength(2);
  expect(tries[0]?.CheckpointConfig).toEqual(tries[1]?.CheckpointConfig);
  expect(tries[0]?.CheckpointConfig).toMatchObject({ S3Uri: containing('/training/train/checkpoints/') });
  expect(tries[0]?.TrainingJobName).not.toBe(tries[1]?.TrainingJobName);
});

test('a machine that is not to be had is followed by the next one', async () => {
  const { calls } = await perform('capacity error with fallback machine');
  const machines = calls
    .filter(({ state }) => state.startsWith('train: job'))
    .map(({ parameters }) => (parameters.ResourceConfig as { InstanceType: string }).InstanceType);
  expect(machines).toEqual(['ml.g4dn.xlarge', 'ml.g6.xlarge']);
});

test('every permission of every role was used, but for those that AWS uses itself', () => {
  expect(rehearsal().unusedPermissions()).toEqual([]);
});

test('data that is not there is told before anything is run', () => {
  const data = join(temporaryDirectory(), 'data');
  expect(() => new Rehearsal(fixtureDefinition, { data, runProgram: runFixture })).toThrow(
    `${data}: is not a directory that exists [data-missing]`,
  );
});
