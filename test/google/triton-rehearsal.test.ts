import { join } from 'node:path';
import { Rehearsal } from '../../lib/google/rehearsal/rehearsal';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from '../aws/fixture-programs';
import { containing, matching } from '../aws/matchers';
import { performEach, rehearse } from '../rehearsal/rehearse';

const definition: PipelineDefinition = {
  ...fixtureDefinition,
  optimization: {},
  deployment: { endpoint: { runtime: 'triton', machine: { accelerator: 'l4' } } },
};

const scenarios = scenariosOf(compile(definition)).filter(({ name }) =>
  /^(success|endpoint failed|smoke test failed|rollback$)/.test(name),
);

const data = join(__dirname, '..', 'fixtures', 'versions');
const { perform } = rehearse(scenarios, () => new Rehearsal(definition, { data, runProgram: runFixture }));

performEach(scenarios, perform);

test('Triton is given the model repository of the version', async () => {
  const { calls } = await perform('success');
  const [listed] = calls.filter(({ name }) => name.endsWith('models.upload'));
  expect(listed?.args).toMatchObject({
    body: {
      model: {
        artifactUri: matching(/^gs:\/\/[^/]+\/models\/[0-9a-f]{12}\/triton\/$/),
        containerSpec: {
          imageUri: containing('/tritonserver:'),
          args: ['tritonserver', '--model-repository=$(AIP_STORAGE_URI)', '--exit-on-error=true'],
          predictRoute: `/v2/models/${definition.name}/infer`,
        },
      },
    },
  });
});
