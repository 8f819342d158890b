import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import type { ProgramRunner } from '../../lib/aws/rehearsal/rehearsed-jobs';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { type Scenario, scenariosOf } from '../../lib/rehearsal/scenarios';
import { SIGNATURE, writeTinyLlama } from '../artifact/write-tiny-llama';
import { grammar } from '../fixtures/language-model/pipeline';
import { containing, matching } from './matchers';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));
jest.setTimeout(120_000);

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

function named(name: string): Scenario {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario "${name}"`);
  return scenario;
}

let rehearsal: Rehearsal;
beforeAll(() => {
  rehearsal = new Rehearsal(definition, { data: DATA, runProgram: runFixture });
});
afterAll(() => rehearsal.close());

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
  const { failure, problems } = await rehearsal.run(scenario);
  expect({ problems, failure: problems.length > 0 && failure }).toEqual({ problems: [], failure: false });
});

test('the version that is served is a directory of the store, and so is what the registry lists', async () => {
  const { calls } = await rehearsal.run(named('success'));
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
  const { calls, failure } = await rehearsal.run(named('verification failure'));
  expect(failure?.cause).toContain('is 1; the signature declares contextTokens 2048');
  expect(calls.filter(({ state }) => /^(register|approve|release)/.test(state))).toEqual([]);
});

test('an endpoint that continues nothing gets its version before back', async () => {
  const { failure, path } = await rehearsal.run(named('smoke test failed'));
  expect(failure?.cause).toContain('prompt "the cat": was continued by nothing: ""');
  expect(path).toContain('restore: update the endpoint');
});

test('every permission of every role was used, but for those that AWS uses itself', () => {
  expect(rehearsal.unusedPermissions()).toEqual([]);
});

describe('of a model that is too large for functions', () => {
  let large: Rehearsal;
  beforeAll(() => {
    large = new Rehearsal(definition, { data: DATA, runProgram: runFixture, modelMebibytes: 16_384 });
  });
  afterAll(() => large.close());

  test('jobs verify and register it', async () => {
    const { calls, problems } = await large.run(named('success'));
    expect(problems).toEqual([]);
    const jobs = calls.filter(({ action }) => action === 'sagemaker:createProcessingJob.sync');
    expect(jobs.map(({ state }) => state)).toEqual([
      'preprocess: job',
      'evaluate: job',
      'verify: job',
      'register: job',
    ]);
  });

  test('their roles have no permission that they do not use', () => {
    const unused = large.unusedPermissions().filter((permission) => /(Verify|Register)Role/.test(permission));
    expect(unused).toEqual([]);
  });
});
