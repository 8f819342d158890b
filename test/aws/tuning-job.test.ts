import * as sagemaker from '@aws-sdk/client-sagemaker';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { ArtifactStore, ContainerImage, JobCode, TuningJob, type TuningJobProps } from '../../lib/aws';
import type { Tuning } from '../../lib/pipeline';
import { flatten } from './flatten';
import { containing, matching } from './matchers';
import { statementsOf } from './policies';
import { schemaErrors } from './sdk-schema';
import { createStack } from './synth';

const tuning: Tuning = {
  objective: 'validation_loss',
  goal: 'minimize',
  ranges: {
    rate: { kind: 'continuous', min: 0.0001, max: 0.1, scale: 'log' },
    layers: { kind: 'integer', min: 1, max: 4 },
    optimizer: { kind: 'categorical', values: ['adam', 'sgd'] },
  },
  trials: 20,
  parallelTrials: 3,
};

function tune(overrides: Partial<TuningJobProps> = {}, stack: Stack = createStack()) {
  const job = new TuningJob(stack, 'Job', {
    jobName: 'spam-filter-tune',
    store: new ArtifactStore(stack, 'Store'),
    code: new JobCode(stack, 'Code', {
      plan: { schemaVersion: 1, pipeline: 'spam-filter', start: 'tune', steps: [] },
      source: `${__dirname}/../../examples/spam-filter`,
    }),
    step: 'tune',
    image: ContainerImage.pytorchTraining({ processor: 'cpu' }),
    machine: { accelerator: 'v100' },
    inputs: { data: { uri: '$.data', prefixes: ['runs/*/training/preprocess/data/'] } },
    output: { uri: 's3://store/runs/1/training/tune', prefixes: ['runs/*/training/tune/'] },
    timeout: Duration.minutes(60),
    tuning,
    ...overrides,
  });
  const parameters = flatten(stack.resolve(job.state.Parameters)) as Record<string, Record<string, unknown>>;
  return { job, parameters, stack };
}

const everything: Partial<TuningJobProps> = {
  spot: { maxWait: Duration.hours(3) },
  checkpoints: { uri: 's3://store/checkpoints/', prefixes: ['runs/*/training/tune/checkpoints/'] },
  fallbackMachines: [{ accelerator: 'a10g' }],
  machineCount: 2,
  tuning: {
    ...tuning,
    goal: 'maximize',
    earlyStopping: 'auto',
    warmStart: { jobs: ['spam-filter-tune-1'], sameDataAndCode: true },
  },
};

test.each([
  ['with the least', {}],
  ['with everything', everything],
])('asks SageMaker in its own words, %s', (_, overrides) => {
  const { parameters } = tune(overrides);
  expect(schemaErrors(sagemaker.CreateHyperParameterTuningJobRequest$, parameters)).toEqual([]);
});

test('searches the ranges for the least of the objective', () => {
  expect(tune().parameters.HyperParameterTuningJobConfig).toEqual({
    Strategy: 'Bayesian',
    RandomSeed: 0,
    HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'validation_loss' },
    ResourceLimits: { MaxNumberOfTrainingJobs: 20, MaxParallelTrainingJobs: 3 },
    ParameterRanges: {
      ContinuousParameterRanges: [
        { Name: 'rate', MinValue: '0.0001', MaxValue: '0.1', ScalingType: 'Logarithmic' },
      ],
      IntegerParameterRanges: [{ Name: 'layers', MinValue: '1', MaxValue: '4', ScalingType: 'Linear' }],
      CategoricalParameterRanges: [{ Name: 'optimizer', Values: ['adam', 'sgd'] }],
    },
    TrainingJobEarlyStoppingType: 'Off',
  });
});

test('reads the objective from the line that the program prints', () => {
  const { AlgorithmSpecification } = tune().parameters.TrainingJobDefinition as {
    AlgorithmSpecification: { MetricDefinitions: { Name: string; Regex: string }[] };
  };
  const [definition] = AlgorithmSpecification.MetricDefinitions;
  expect(definition?.Name).toBe('validation_loss');
  const read = (metrics: object) =>
    new RegExp(definition?.Regex ?? '').exec(
      // As Python's json.dumps writes it.
      JSON.stringify({ event: 'progress', message: 'trained', fraction: 1, metrics })
        .replaceAll('":', '": ')
        .replaceAll(',"', ', "'),
    )?.[1];
  expect(read({ epochs: 3, validation_loss: 0.25 })).toBe('0.25');
  expect(read({ validation_loss: 1.5e-7, loss: 1 })).toBe('1.5e-7');
  expect(read({ train_validation_loss: 0.5, loss: 1 })).toBeUndefined();
});

test('has the container’s own toolkit start the code, whose command the API has no field for', () => {
  const { TrainingJobDefinition } = tune().parameters;
  expect(TrainingJobDefinition).toMatchObject({
    StaticHyperParameters: {
      sagemaker_program: matching(/^[0-9a-f]{64}\.py$/),
      sagemaker_submit_directory: '/opt/ml/input/data/entry',
    },
    Environment: { MODEL_PIPELINE_STEP: 'tune' },
    InputDataConfig: [
      { ChannelName: 'data' },
      { ChannelName: 'code', DataSource: { S3DataSource: { S3Uri: matching(/\.zip$/) } } },
      { ChannelName: 'entry', DataSource: { S3DataSource: { S3Uri: matching(/\.py$/) } } },
    ],
    OutputDataConfig: { CompressionType: 'NONE' },
    EnableInterContainerTrafficEncryption: true,
    EnableNetworkIsolation: false,
    EnableManagedSpotTraining: false,
    RetryStrategy: { MaximumRetryAttempts: 2 },
    ResourceConfig: {
      InstanceType: 'ml.p3.2xlarge',
      InstanceCount: 1,
      VolumeSizeInGB: 50,
      VolumeKmsKeyId: containing('StoreKey'),
    },
  });
});

test('with all there is: spot machines, checkpoints, fallbacks, what earlier searches learned', () => {
  const { parameters } = tune(everything);
  expect(parameters).toMatchObject({
    HyperParameterTuningJobConfig: {
      HyperParameterTuningJobObjective: { Type: 'Maximize' },
      TrainingJobEarlyStoppingType: 'Auto',
    },
    WarmStartConfig: {
      ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: 'spam-filter-tune-1' }],
      WarmStartType: 'IdenticalDataAndAlgorithm',
    },
    TrainingJobDefinition: {
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 10_800 },
      CheckpointConfig: { S3Uri: 's3://store/checkpoints/' },
    },
  });
  // The key would be refused on the second machine, whose NVMe storage has one of its own.
  expect(parameters.TrainingJobDefinition).not.toHaveProperty('ResourceConfig');
  expect(parameters.TrainingJobDefinition?.HyperParameterTuningResourceConfig).toEqual({
    AllocationStrategy: 'Prioritized',
    InstanceConfigs: ['ml.p3.2xlarge', 'ml.g5.xlarge'].map((name) => ({
      InstanceType: name,
      InstanceCount: 2,
      VolumeSizeInGB: 50,
    })),
  });
  const other = { ...tuning, warmStart: { jobs: ['a'] } };
  expect(tune({ tuning: other }).parameters.WarmStartConfig).toMatchObject({
    WarmStartType: 'TransferLearning',
  });
});

test('attaches its trials to a VPC, whose group lets machines of one trial talk', () => {
  const stack = createStack();
  const { parameters } = tune({ network: { vpc: new Vpc(stack, 'Vpc') }, machineCount: 2 }, stack);
  expect(parameters.TrainingJobDefinition).toMatchObject({ VpcConfig: { Subnets: { length: 2 } } });
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { IpProtocol: '-1' });
});

test('waits for as many turns as its trials take', () => {
  // Seven turns of three, each an hour of training and an hour to start.
  expect(tune().job.state.TimeoutSeconds).toBe(7 * 7200);
});

test('has a name of at most 32 characters', () => {
  const { parameters } = tune({ jobName: 'a-pipeline-with-a-long-name-indeed-tune' });
  expect(parameters['HyperParameterTuningJobName.$']).toBe(
    "States.Format('a-pipeline-adf77810-{}', States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 4))",
  );
});

test('is run, and waited for, by its name', () => {
  const { job, stack } = tune();
  job.grantRun(new Role(stack, 'Runner', { assumedBy: new ServicePrincipal('states.amazonaws.com') }));
  const statements = statementsOf(Template.fromStack(stack)).filter(({ holder }) =>
    holder.startsWith('RunnerDefault'),
  );
  expect(statements).toMatchObject([
    {
      actions: [
        'sagemaker:AddTags',
        'sagemaker:CreateHyperParameterTuningJob',
        'sagemaker:DescribeHyperParameterTuningJob',
        'sagemaker:StopHyperParameterTuningJob',
      ],
      resources: [
        'arn:aws:sagemaker:eu-central-1:123456789012:hyper-parameter-tuning-job/spam-filter-tune-*',
      ],
    },
    {
      resources: [
        'arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForSageMakerTuningJobsRule',
      ],
    },
    { actions: ['iam:PassRole'] },
  ]);
});

test('lets its trials read the code and its entry, and nothing else of the assets', () => {
  const { stack } = tune();
  const objects = statementsOf(Template.fromStack(stack))
    .filter(({ actions, holder }) => holder.startsWith('JobRole') && actions.includes('s3:GetObject'))
    .flatMap(({ resources }) => resources.map((resource) => resource.replace(/.*\/(?=[^/]+$)/, '')));
  expect(objects).toEqual(['*', matching(/^[0-9a-f]{64}\.zip$/), matching(/^[0-9a-f]{64}\.py$/)]);
});

test('what SageMaker would refuse is refused, all of it at once', () => {
  const names = Array.from({ length: 31 }, (_, index) => `v${index}`);
  const wrong = {
    ...tuning,
    objective: 'loss "x"',
    trials: 800,
    parallelTrials: 101,
    ranges: { kind: { kind: 'categorical', values: names } as const },
  };
  expect(() => tune({ tuning: wrong, spot: {} })).toThrow(
    [
      'tuning job "spam-filter-tune": 5 problems',
      '  spot: is set without checkpoints: a machine that is taken away takes the training with it [spot-checkpoints]',
      '    fix: Pass `checkpoints`, or leave `spot` out.',
      '  tuning.trials: is 800; SageMaker takes at most 750 [tuning-limit]',
      '    fix: Give at most 750.',
      '  tuning.parallelTrials: is 101; SageMaker takes at most 100 [tuning-limit]',
      '    fix: Give at most 100.',
      '  tuning.ranges.kind.values: is 31; SageMaker takes at most 30 [tuning-limit]',
      '    fix: Give at most 30.',
      '  tuning.objective: is "loss \\"x\\"" [tuning-objective]',
      '    fix: Name the metric with letters, digits and "_" alone.',
    ].join('\n'),
  );
});
