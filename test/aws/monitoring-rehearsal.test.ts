import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitoringScenariosOf } from '../../lib/aws/rehearsal/monitoring-scenarios';
import { Rehearsal } from '../../lib/aws/rehearsal/rehearsal';
import type { ProgramRunner } from '../../lib/aws/rehearsal/rehearsed-jobs';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from './fixture-programs';
import { performEach, rehearse } from '../rehearsal/rehearse';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

/** The example, with everything that goes on between two releases, and hyperparameters that are searched. */
const definition: PipelineDefinition = {
  ...fixtureDefinition,
  optimization: {},
  training: {
    ...fixtureDefinition.training,
    tuning: {
      objective: 'f1',
      goal: 'maximize',
      trials: 20,
      ranges: {
        learningRate: { kind: 'continuous', min: 0.0001, max: 0.01, scale: 'log' },
        batchSize: { kind: 'integer', min: 16, max: 64 },
        optimizer: { kind: 'categorical', values: ['adam', 'sgd'] },
      },
    },
  },
  monitoring: {
    ...fixtureDefinition.monitoring,
    capture: { samplePercent: 100 },
    drift: {},
    feedback: { retrainAfterSamples: 3 },
    modelAgeDays: { warning: 90 },
  },
};

const trained: unknown[] = [];

/** The fixtures, with a training that its hyperparameters tell apart, and a drift of what it is given. */
const runProgram: ProgramRunner = async (request, step) => {
  await runFixture(request, step);
  const { inputs, outputs, parameters, program } = request;
  const measure = (metrics: object) => {
    writeFileSync(join(outputs.metrics ?? '', 'metrics.json'), JSON.stringify(metrics));
  };
  if (program === 'train') {
    const { hyperparameters } = parameters as { hyperparameters: { batchSize: number } };
    trained.push(hyperparameters);
    measure({ loss: 0.1, f1: hyperparameters.batchSize / 100 });
  }
  if (program === 'drift') measure(measureDrift(readCaptured(inputs.capture ?? '')));
};

function readCaptured(directory: string): string[] {
  const hour = new Date().toISOString().slice(11, 13);
  const lines = readFileSync(join(directory, '0', hour, 'requests.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map(
    (line) =>
      (JSON.parse(line) as { captureData: { endpointInput: { data: string } } }).captureData.endpointInput
        .data,
  );
}

function measureDrift(requests: readonly string[]): object {
  if (requests.length < 200) return { samples: requests.length, malformed: 0 };
  const index = new Set(requests).size === 1 ? 3 : 0.01;
  return { samples: requests.length, malformed: 0, psi_max: index, psi_input: index, psi_prediction: index };
}

const scenarios = [...scenariosOf(compile(definition)), ...monitoringScenariosOf(definition)];

const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(definition, { data: join(__dirname, '..', 'fixtures', 'data'), runProgram }),
);

performEach(scenarios, perform);

test('every permission of every role was used, but for those that AWS uses itself', () => {
  expect(rehearsal().unusedPermissions()).toEqual([]);
});

describe('tuned training', () => {
  test('every trial trains with values of all ranges, of their kinds', () => {
    const others = { epochs: 10 };
    expect(trained.slice(0, 2)).toEqual([
      { ...others, learningRate: 0.0001, batchSize: 16, optimizer: 'adam' },
      { ...others, learningRate: 0.01, batchSize: 64, optimizer: 'sgd' },
    ]);
  });

  test('the best trial goes on', async () => {
    const { calls } = await perform('success');
    const tuning = calls.find(({ action }) => action === 'sagemaker:createHyperParameterTuningJob.sync');
    const { HyperParameterTuningJobName } = tuning?.parameters as { HyperParameterTuningJobName: string };
    const [exported] = calls
      .filter(({ state }) => state === 'export: job')
      .map(({ parameters }) => parameters);
    expect(JSON.stringify(exported)).toContain(
      `/training/tune/${HyperParameterTuningJobName}-002-rehearsed/output/model/`,
    );
  });

  test.each([
    ['no trial succeeded', 'States.TaskFailed', 'No training job succeeded'],
    ['no trial told what is searched for', 'NoTrialSucceeded', 'no trial of the tuning told its objective'],
  ])('%s: %s', async (scenario, name, cause) => {
    const { failure } = await perform(scenario);
    expect(failure?.name).toBe(name);
    expect(failure?.cause).toContain(cause);
  });
});

test('a check for drift reads what the endpoint recorded today, below one input', async () => {
  const { calls } = await perform('drifted');
  const [job] = calls.filter(({ state }) => state === 'compare').map(({ parameters }) => parameters);
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  expect(JSON.stringify(job)).toContain(`/live/${today}/`);
});

test('every call is held to a model of the SDK', () => {
  expect([...rehearsal().unchecked]).toEqual([]);
});
