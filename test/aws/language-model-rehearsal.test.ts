import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import type { ProgramRunner } from '../../lib/aws/rehearsal/rehearsed-jobs';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { SIGNATURE, writeTinyLlama } from '../artifact/write-tiny-llama';
import { grammar } from '../fixtures/language-model/pipeline';
import { containing, matching } from './matchers';
import { performEach, rehearse } from '../rehearsal/rehearse';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const DATA = join(__dirname, '..', 'fixtures', 'language-model', 'data');

const definition: PipelineDefinition = { ...grammar, signature: SIGNATURE };

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

const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(definition, { data: DATA, runProgram: runFixture }),
);

performEach(scenarios, perform);

test('the version that is served is a directory of the store, and so is what the registry lists', async () => {
  const { calls } = await perform('success');
  const [listed] = calls.filter(({ action }) => action === 'sagemaker:createModelPackage');
  const [model] = calls.filter(({ action }) => action === 'sagemaker:createModel');
  const source = { S3DataSource: { S3Uri: matching(/^s3:\/\/[^/]+\/models\/[0-9a-f]{12}\/model\/$/) } };
  expect(listed?.parameters).toMatchObject({
    InferenceSpecification: { Containers: [{ ModelDataSource: source }] },
    CustomerMetadataProperties: {
      digest: matching(/^[0-9a-f]{64}$/),
      report: containing('/verification.json'),
    },
  });
  expect(model?.parameters).toMatchObject({
    PrimaryContainer: {
      ModelDataSource: source,
      Environment: { MODEL_PIPELINE_DIGEST: matching(/^[0-9a-f]{64}$/) },
    },
  });
});

test('a model that is not the one declared is never registered', async () => {
  const { calls, failure } = await perform('verification failure');
  expect(failure?.cause).toContain('is 1; the signature declares contextTokens 2048');
  expect(calls.filter(({ state }) => /^(register|approve|release)/.test(state))).toEqual([]);
});

test('an endpoint that continues nothing gets its version before back', async () => {
  const { failure, path } = await perform('smoke test failed');
  expect(failure?.cause).toContain('prompt "the cat": was continued by nothing: ""');
  expect(path).toContain('restore: update the endpoint');
});

test('every permission of every role was used, but for those that AWS uses itself', () => {
  expect(rehearsal().unusedPermissions()).toEqual([]);
});

describe('of a model that is too large for functions', () => {
  const large = rehearse(
    scenarios,
    () => new Rehearsal(definition, { data: DATA, runProgram: runFixture, modelMebibytes: 16_384 }),
  );

  test('jobs verify and register it', async () => {
    const { calls } = await large.perform('success');
    const jobs = calls.filter(({ action }) => action === 'sagemaker:createProcessingJob.sync');
    expect(jobs.map(({ state }) => state)).toEqual([
      'preprocess: job',
      'evaluate: job',
      'verify: job',
      'register: job',
    ]);
  });

  test('their roles have no permission that they do not use', () => {
    const unused = large
      .rehearsal()
      .unusedPermissions()
      .filter((permission) => /(Verify|Register)Role/.test(permission));
    expect(unused).toEqual([]);
  });
});
