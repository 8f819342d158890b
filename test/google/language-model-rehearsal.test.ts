import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rehearsal } from '../../lib/google/rehearsal/rehearsal';
import type { ProgramRunner } from '../../lib/google/rehearsal/rehearsed-jobs';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { SIGNATURE, writeTinyLlama } from '../artifact/write-tiny-llama';
import { containing, matching } from '../aws/matchers';
import { grammar } from '../fixtures/language-model/pipeline';
import { performEach, rehearse } from '../rehearsal/rehearse';

const data = join(__dirname, '..', 'fixtures', 'language-model', 'data');

const definition: PipelineDefinition = {
  ...grammar,
  signature: SIGNATURE,
  deployment: { endpoint: { ...grammar.deployment.endpoint, machine: { accelerator: 'l4' } } },
};

/** Stands in for the stage programs. */
const runFixture: ProgramRunner = ({ outputs }) => {
  for (const [name, directory] of Object.entries(outputs)) {
    if (name === 'model') cpSync(writeTinyLlama(), directory, { recursive: true });
    else if (name === 'metrics') writeFileSync(join(directory, 'metrics.json'), '{"perplexity":2.1}');
    else writeFileSync(join(directory, 'train.txt'), 'the cat sees the dog');
  }
  return Promise.resolve();
};

const scenarios = scenariosOf(compile(definition));

const { perform } = rehearse(scenarios, () => new Rehearsal(definition, { data, runProgram: runFixture }));

performEach(scenarios, perform);

test('the registry lists the files of the model, with the container that serves them', async () => {
  const { calls } = await perform('success');
  const [listed] = calls.filter(({ name }) => name.endsWith('models.upload'));
  expect(listed?.args).toMatchObject({
    body: {
      model: {
        artifactUri: matching(/^gs:\/\/[^/]+\/models\/[0-9a-f]{12}\/model\/$/),
        labels: { digest: matching(/^[0-9a-f]{63}$/) },
        containerSpec: {
          imageUri: containing('pytorch-vllm-serve'),
          predictRoute: '/v1/completions',
        },
      },
    },
  });
});

test('a model that is not the one declared is never registered', async () => {
  const { failure, steps } = await perform('verification failure');
  expect(failure?.cause).toContain('is 1; the signature declares contextTokens');
  expect(steps).not.toContain('register');
});

test('an endpoint that continues nothing gets its version before back', async () => {
  const { failure, steps } = await perform('smoke test failed');
  expect(failure?.cause).toContain('was continued by nothing: ""');
  expect(steps).toContain('restore');
});
