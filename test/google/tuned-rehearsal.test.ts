import { join } from 'node:path';
import { Rehearsal } from '../../lib/google/rehearsal/rehearsal';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from '../aws/fixture-programs';

jest.setTimeout(120_000);

const definition: PipelineDefinition = {
  ...fixtureDefinition,
  optimization: {},
  training: {
    ...fixtureDefinition.training,
    tuning: {
      objective: 'f1',
      goal: 'maximize',
      trials: 2,
      ranges: { learningRate: { kind: 'continuous', min: 0.0001, max: 0.01 } },
    },
  },
};

let rehearsal: Rehearsal;
beforeAll(() => {
  const data = join(__dirname, '..', 'fixtures', 'versions');
  rehearsal = new Rehearsal(definition, { data, runProgram: runFixture });
});
afterAll(() => rehearsal.close());

const scenarios = scenariosOf(compile(definition)).filter(({ name }) =>
  /^(success|no trial|spot interruption|capacity)/.test(name),
);

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
  const { failure, problems } = await rehearsal.run(scenario);
  expect({ problems, failure: problems.length > 0 && failure }).toEqual({ problems: [], failure: false });
});
