import { join } from 'node:path';
import { compile } from '../../lib/pipeline';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import { type Scenario, scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from './fixture-programs';
import { containing } from './matchers';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const scenarios = scenariosOf(compile(fixtureDefinition));

function named(name: string): Scenario {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario "${name}"`);
  return scenario;
}

let rehearsal: Rehearsal;
beforeAll(() => {
  const data = join(fixtureDefinition.source, 'data');
  rehearsal = new Rehearsal(fixtureDefinition, { data, runProgram: runFixture });
});
afterAll(() => rehearsal.close());

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  '%s',
  async (_, scenario) => {
    const { failure, problems } = await rehearsal.run(scenario);
    expect({ problems, failure: problems.length > 0 && failure }).toEqual({ problems: [], failure: false });
  },
  120_000,
);

test('a job whose machine was taken away goes on from its checkpoints, as another job', async () => {
  const { calls } = await rehearsal.run(named('spot interruption with resume'));
  const tries = calls.filter(({ state }) => state === 'train: job').map(({ parameters }) => parameters);
  expect(tries).toHaveLength(2);
  expect(tries[0]?.CheckpointConfig).toEqual(tries[1]?.CheckpointConfig);
  expect(tries[0]?.CheckpointConfig).toMatchObject({ S3Uri: containing('/training/train/checkpoints/') });
  expect(tries[0]?.TrainingJobName).not.toBe(tries[1]?.TrainingJobName);
});

test('a machine that is not to be had is followed by the next one', async () => {
  const { calls } = await rehearsal.run(named('capacity error with fallback machine'));
  const machines = calls
    .filter(({ state }) => state.startsWith('train: job'))
    .map(({ parameters }) => (parameters.ResourceConfig as { InstanceType: string }).InstanceType);
  expect(machines).toEqual(['ml.g4dn.xlarge', 'ml.g6.xlarge']);
});

test('every permission of every role was used, but for those that AWS uses itself', () => {
  expect(rehearsal.unusedPermissions()).toEqual([]);
});
