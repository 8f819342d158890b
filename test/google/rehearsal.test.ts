import { join } from 'node:path';
import { Rehearsal, type ScenarioResult } from '../../lib/google/rehearsal/rehearsal';
import { compile } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from '../aws/fixture-programs';
import { performEach, rehearse } from '../rehearsal/rehearse';

const scenarios = scenariosOf(compile(fixtureDefinition));

const data = join(__dirname, '..', 'fixtures', 'versions');
const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(fixtureDefinition, { data, runProgram: runFixture }),
);

performEach(scenarios, perform);

test('a job whose machine was taken away goes on from its checkpoints, as another job', async () => {
  const [first, second] = trainings(await perform('spot interruption with resume'));
  expect(optionOf(first, '--checkpoints')).toMatch(/\/training\/train\/checkpoints\/$/);
  expect(optionOf(second, '--checkpoints')).toBe(optionOf(first, '--checkpoints'));
  expect(second?.machineSpec.acceleratorType).toBe('NVIDIA_TESLA_T4');
});

test('a machine that is not to be had is followed by the next one', async () => {
  const result = await perform('capacity error with fallback machine');
  const machines = trainings(result).map(({ machineSpec }) => machineSpec.acceleratorType);
  expect(machines).toEqual(['NVIDIA_TESLA_T4', 'NVIDIA_L4']);
});

test('the endpoint can be emptied, so that it can be destroyed', async () => {
  await expect(rehearsal().tearDown()).resolves.toEqual([]);
});

test('every membership was taken, but for those that a rehearsal does not see', () => {
  expect(rehearsal().unusedGrants()).toEqual([]);
});

interface Pool {
  readonly machineSpec: { readonly acceleratorType: string };
  readonly containerSpec: { readonly args: readonly string[] };
}

function trainings({ calls }: ScenarioResult): Pool[] {
  return calls
    .filter(({ name }) => name.endsWith('.customJobs.create'))
    .flatMap(({ args }) => (args.body as { jobSpec: { workerPoolSpecs: Pool[] } }).jobSpec.workerPoolSpecs);
}

function optionOf(pool: Pool | undefined, name: string): string | undefined {
  const words = pool?.containerSpec.args ?? [];
  return words[words.indexOf(name) + 1];
}
