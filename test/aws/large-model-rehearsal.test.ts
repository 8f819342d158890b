import { join } from 'node:path';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import { compile } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from './fixture-programs';
import { containing } from './matchers';
import { rehearse } from '../rehearsal/rehearse';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const scenarios = scenariosOf(compile(fixtureDefinition));

const data = join(__dirname, '..', 'fixtures', 'data');
const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(fixtureDefinition, { data, runProgram: runFixture, modelMebibytes: 6144 }),
);

test('the programs of a model too large for functions run as jobs, to a live version', async () => {
  const { calls } = await perform('success');
  const jobs = calls.filter(({ state }) => /^(convert|verify|register|baseline): job$/.test(state));
  expect(jobs.map(({ action, state }) => [action, state])).toEqual([
    ['sagemaker:createProcessingJob.sync', 'convert: job'],
    ['sagemaker:createProcessingJob.sync', 'verify: job'],
    ['sagemaker:createProcessingJob.sync', 'register: job'],
    ['sagemaker:createProcessingJob.sync', 'baseline: job'],
  ]);
  const [listed] = calls.filter(({ action }) => action === 'sagemaker:createModelPackage');
  expect(listed?.parameters).toMatchObject({
    CustomerMetadataProperties: { report: containing('/models/') },
  });
});

test('a verification that fails as a job ends the run, and says why', async () => {
  const { failure } = await perform('verification failure');
  expect(failure?.cause).toContain('golden-tensors');
});

test('every permission of the jobs was used, but for those that AWS uses itself', () => {
  const jobs = /(Convert|Verify|Register|Baseline)Role/;
  expect(
    rehearsal()
      .unusedPermissions()
      .filter((permission) => jobs.test(permission)),
  ).toEqual([]);
});
