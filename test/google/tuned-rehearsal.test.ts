import { join } from 'node:path';
import { Rehearsal } from '../../lib/google/rehearsal/rehearsal';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from '../aws/fixture-programs';
import { performEach, rehearse } from '../rehearsal/rehearse';

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

const scenarios = scenariosOf(compile(definition)).filter(({ name }) =>
  /^(success|no trial|spot interruption|capacity)/.test(name),
);

const data = join(__dirname, '..', 'fixtures', 'versions');
const { perform } = rehearse(scenarios, () => new Rehearsal(definition, { data, runProgram: runFixture }));

performEach(scenarios, perform);
