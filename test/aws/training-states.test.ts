import * as sagemaker from '@aws-sdk/client-sagemaker';
import aslValidator from 'asl-validator';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import type { StateMachineDefinition } from '../../lib/aws/asl';
import type { PipelineDefinition } from '../../lib/pipeline';
import { FakeAws } from './fake-aws';
import { containing, matching, thrownBy } from './matchers';
import { statementsOf } from './policies';
import { failure } from '../../lib/aws/rehearsal/failure';
import { allStates, runMachine } from '../../lib/aws/rehearsal/interpreter';
import { schemaErrors } from '../../lib/aws/rehearsal/sdk-schema';
import { synthPipeline, type SynthesizedPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const having = (training: Partial<PipelineDefinition['training']>): PipelineDefinition => ({
  ...spamFilter,
  training: { ...spamFilter.training, ...training },
});

const stopped = (fields: object) => failure('States.TaskFailed', JSON.stringify(fields));
const noCapacity = stopped({
  FailureReason: 'CapacityError: Unable to provision requested ML compute capacity.',
});
const waitedTooLong = stopped({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxWaitTimeExceeded' });
const interrupted = stopped({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Interrupted' });
const noQuota = failure(
  'SageMaker.ResourceLimitExceededException',
  "ResourceLimitExceeded: The account-level service limit 'ml.g5.xlarge for spot training job usage' is 0 Instances",
);
const crashed = stopped({
  FailureReason: 'AlgorithmError: CapacityError: exit code 1',
  TrainingJobStatus: 'Failed',
});

const FIRST = 'train: job';
const SECOND = 'train: job on machine 2';

async function run(machine: StateMachineDefinition, failures: Record<string, Error | Error[]>) {
  const aws = new FakeAws({ failures });
  const ended = await runMachine(machine, aws.service);
  const jobs = aws.calls.filter(({ state }) => state.startsWith('train: job'));
  const types = jobs.map(
    ({ parameters }) => (parameters.ResourceConfig as { InstanceType: string }).InstanceType,
  );
  return { aws, ended, jobs, types };
}

describe('a training on spot machines, distributed, from start weights', () => {
  let synthesized: SynthesizedPipeline;
  let machine: StateMachineDefinition;
  beforeAll(() => {
    synthesized = synthPipeline({
      definition: having({
        train: {
          ...spamFilter.training.train,
          capacity: 'spot',
          checkpoints: true,
          machine: { accelerator: 'a10g', accelerators: 4 },
          fallbackMachines: [{ accelerator: 'l4', accelerators: 4 }],
        },
        distribution: { strategy: 'data-parallel', machines: 2 },
        transferLearning: {
          from: { huggingFace: { repository: 'google/bert', revision: 'ab'.repeat(20) } },
          frozenLayers: ['embedding'],
        },
      }),
    });
    ({ machine } = synthesized);
  });

  test('is valid, and asks SageMaker in its own words', () => {
    expect(aslValidator(machine).errorsText('\n')).toBe('');
    const requests = allStates(machine.States).filter(([name]) => name.startsWith('train: job'));
    expect(requests.map(([name]) => name)).toEqual([FIRST, SECOND]);
    for (const [name, { Parameters }] of requests) {
      expect(schemaErrors(sagemaker.CreateTrainingJobRequest$, Parameters, name)).toEqual([]);
    }
  });

  test('asks for two machines, their checkpoints, and the mirrored snapshot', async () => {
    const { jobs } = await run(machine, {});
    expect(jobs[0]?.parameters).toMatchObject({
      ResourceConfig: { InstanceCount: 2, InstanceType: 'ml.g5.12xlarge' },
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
      CheckpointConfig: { S3Uri: containing('/runs/run-1/training/train/checkpoints/') },
      Environment: { FI_PROVIDER: 'efa' },
      InputDataConfig: expect.arrayContaining([
        expect.objectContaining({
          ChannelName: 'start',
          DataSource: {
            S3DataSource: expect.objectContaining({
              S3Uri: containing(`/pretrained/google/bert/${'ab'.repeat(20)}/`),
            }) as unknown,
          },
        }),
      ]) as unknown,
    });
  });

  test('may read that snapshot alone', () => {
    const pretrained = statementsOf(synthesized.template)
      .filter(({ holder }) => holder.includes('StepsTrainRole'))
      .flatMap(({ actions, resources }) =>
        resources
          .filter((resource) => resource.includes('pretrained'))
          .map((resource) => [actions, resource.replace(/^.*?\//, '')]),
      );
    expect(pretrained).toEqual([[['s3:GetObject'], `pretrained/google/bert/${'ab'.repeat(20)}/*`]]);
  });

  test.each([
    ['an interruption', interrupted],
    ['an internal error', stopped({ FailureReason: 'InternalServerError: We encountered an error.' })],
  ])('after %s goes on from its checkpoints, on the machine it had', async (_, error) => {
    const { ended, jobs, types } = await run(machine, { [FIRST]: [error] });
    expect(ended.steps).toContain('export');
    expect(types).toEqual(['ml.g5.12xlarge', 'ml.g5.12xlarge']);
    const [first, second] = jobs.map(({ parameters }) => parameters);
    expect(second?.CheckpointConfig).toEqual(first?.CheckpointConfig);
    expect(second?.TrainingJobName).not.toBe(first?.TrainingJobName);
  });

  test.each([
    ['has no capacity', noCapacity],
    ['did not become free in time', waitedTooLong],
    ['is beyond the quota', noQuota],
  ])('goes on to the next machine where one %s', async (_, error) => {
    const { ended, jobs, types } = await run(machine, { [FIRST]: error });
    expect(ended.steps).toContain('export');
    expect(types).toEqual(['ml.g5.12xlarge', 'ml.g6.12xlarge']);
    expect(jobs[1]?.parameters.CheckpointConfig).toEqual(jobs[0]?.parameters.CheckpointConfig);
  });

  test('begins with the first machine again where none has capacity, three times in all', async () => {
    const { ended, types } = await run(machine, { [FIRST]: noCapacity, [SECOND]: noCapacity });
    expect(types).toEqual(Array.from({ length: 3 }, () => ['ml.g5.12xlarge', 'ml.g6.12xlarge']).flat());
    expect(ended.steps.slice(-2)).toEqual(['notify-failure', 'Failed']);
  });

  test('tries no other machine when the program failed, whatever the program says', async () => {
    const { ended, types } = await run(machine, { [FIRST]: crashed });
    expect(types).toEqual(['ml.g5.12xlarge']);
    expect(ended.steps).toEqual(['preprocess', 'train', 'notify-failure', 'Failed']);
  });
});

describe('a tuning', () => {
  let machine: StateMachineDefinition;
  beforeAll(() => {
    const tuning = {
      objective: 'validation_loss',
      goal: 'minimize',
      ranges: { learningRate: { kind: 'continuous', min: 0.0001, max: 0.01, scale: 'log' } },
      trials: 6,
      parallelTrials: 2,
    } as const;
    machine = synthPipeline({ definition: having({ tuning }) }).machine;
  });

  test('is valid, and asks SageMaker in its own words', () => {
    expect(aslValidator(machine).errorsText('\n')).toBe('');
    const [, state] = allStates(machine.States).find(([name]) => name === 'tune: job') ?? [];
    expect(schemaErrors(sagemaker.CreateHyperParameterTuningJobRequest$, state?.Parameters)).toEqual([]);
  });

  test('hands the model of its best trial to the export', async () => {
    const aws = new FakeAws();
    const ended = await runMachine(machine, aws.service);
    expect(ended.steps.slice(0, 4)).toEqual(['preprocess', 'tune', 'export', 'evaluate']);
    expect(aws.call('sagemaker:createHyperParameterTuningJob.sync')).toMatchObject({
      HyperParameterTuningJobName: matching(/^[a-z0-9-]{1,32}$/),
      HyperParameterTuningJobConfig: { ResourceLimits: { MaxNumberOfTrainingJobs: 6 } },
    });
    const [exported] = aws.calls.filter(({ state }) => state === 'export: job');
    expect(exported?.parameters.ProcessingInputs).toMatchObject([
      {},
      {},
      {
        InputName: 'model',
        S3Input: { S3Uri: matching(/\/runs\/run-1\/training\/tune\/tune-007-best\/output\/model\/$/) },
      },
      {},
    ]);
  });
});

test('a machine to fall back to that there is not is refused with its place', () => {
  const definition = having({
    train: { fallbackMachines: [{ memoryGiB: 16 }, { memoryGiB: 9000 }] },
  });
  expect(thrownBy(() => synthPipeline({ definition }))).toMatchObject({
    issues: [{ path: 'training.train.fallbackMachines[1]', code: 'machine-memory-too-large' }],
  });
});
