import { CreateTrainingJobRequest$ } from '@aws-sdk/client-sagemaker';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import {
  ArtifactStore,
  ContainerImage,
  JobCode,
  type JobCodeProps,
  ProcessingJob,
  type ProcessingJobProps,
  TrainingJob,
  type TrainingJobProps,
} from '../../lib/aws';
import { flatten } from './flatten';
import { containing, matching } from './matchers';
import { statementsOf } from './policies';
import { schemaErrors } from './sdk-schema';
import { createStack } from './synth';

const SOURCE = `${__dirname}/../../examples/spam-filter`;

function props(stack: Stack, code: Partial<JobCodeProps> = {}) {
  return {
    jobName: 'spam-filter-train',
    store: new ArtifactStore(stack, 'Store'),
    code: new JobCode(stack, 'Code', {
      plan: { schemaVersion: 1, pipeline: 'spam-filter', start: 'train', steps: [] },
      source: SOURCE,
      ...code,
    }),
    step: 'train',
    image: ContainerImage.pytorchTraining({ processor: 'cpu' }),
    machine: { accelerator: 'cpu', memoryGiB: 8 } as const,
    inputs: { data: { uri: '$.data', prefixes: ['runs/*/training/preprocess/data/'] } },
    timeout: Duration.minutes(90),
  };
}

function training(
  overrides: Partial<TrainingJobProps> = {},
  stack = createStack(),
  code: Partial<JobCodeProps> = {},
) {
  const output = { uri: 's3://store/runs/1/training/train', prefixes: ['runs/*/training/train/'] };
  const job = new TrainingJob(stack, 'Job', { ...props(stack, code), output, ...overrides });
  return { job, parameters: flatten(stack.resolve(job.state.Parameters)) };
}

function processing(overrides: Partial<ProcessingJobProps> = {}, stack = createStack()) {
  const outputs = { metrics: { uri: '$.metrics', prefixes: ['runs/*/training/evaluate/metrics/'] } };
  const job = new ProcessingJob(stack, 'Job', { ...props(stack), outputs, ...overrides });
  return { job, parameters: flatten(stack.resolve(job.state.Parameters)) };
}

test('training puts the model into the store file by file', () => {
  const { job, parameters } = training();
  expect(job.state).toMatchObject({ Type: 'Task', TimeoutSeconds: 9000 });
  expect(parameters).toMatchObject({
    InputDataConfig: [
      { ChannelName: 'data', DataSource: { S3DataSource: { 'S3Uri.$': '$.data' } } },
      {
        ChannelName: 'code',
        DataSource: { S3DataSource: { S3Uri: matching(/\.zip$/) } },
      },
    ],
    OutputDataConfig: { S3OutputPath: 's3://store/runs/1/training/train', CompressionType: 'NONE' },
    StoppingCondition: { MaxRuntimeInSeconds: 5400 },
  });
});

test('processing finds its inputs and leaves its outputs in directories of their names', () => {
  expect(processing().parameters).toMatchObject({
    ProcessingInputs: [
      { S3Input: { 'S3Uri.$': '$.data', LocalPath: '/opt/ml/processing/input/data' } },
      { S3Input: { LocalPath: '/opt/ml/processing/input/code' } },
    ],
    ProcessingOutputConfig: {
      Outputs: [{ S3Output: { 'S3Uri.$': '$.metrics', LocalPath: '/opt/ml/processing/output/metrics' } }],
    },
  });
});

test.each([
  ['processing', () => processing().parameters, '/opt/ml/processing/input/code'],
  ['training', () => training().parameters, '/opt/ml/input/data/code'],
])('%s runs the code as it is, in the image as it is', (kind, parameters, directory) => {
  expect(parameters()).toMatchObject({
    [kind === 'training' ? 'AlgorithmSpecification' : 'AppSpecification']: {
      ContainerEntrypoint: [
        'python3',
        expect.stringMatching(new RegExp(`^${directory}/[0-9a-f]{64}\\.zip$`)),
      ],
      ContainerArguments: ['--step', 'train', '--kind', kind],
    },
  });
});

test('disks are encrypted with the key of the store, or by the machine itself', () => {
  const disk = (machine: ProcessingJobProps['machine']) => training({ machine }).parameters;
  expect(disk({ accelerator: 'v100' })).toMatchObject({
    ResourceConfig: {
      InstanceType: 'ml.p3.2xlarge',
      VolumeKmsKeyId: containing('StoreKey'),
    },
  });
  expect(disk({ accelerator: 'a10g' })).toMatchObject({ ResourceConfig: { InstanceType: 'ml.g5.xlarge' } });
  expect(disk({ accelerator: 'a10g' })).not.toHaveProperty('ResourceConfig.VolumeKmsKeyId');
});

test('a job that brings its wheels has no network', () => {
  expect(training().parameters).toMatchObject({ EnableNetworkIsolation: false });
  const offline = training({}, createStack(), { wheelhouse: SOURCE });
  expect(offline.parameters).toMatchObject({ EnableNetworkIsolation: true });
});

test('a job in a VPC attaches to it with a group of its own', () => {
  const stack = createStack();
  const { parameters } = processing({ network: { vpc: new Vpc(stack, 'Vpc') } }, stack);
  expect(parameters).toMatchObject({
    NetworkConfig: {
      EnableInterContainerTrafficEncryption: true,
      VpcConfig: { Subnets: [expect.anything(), expect.anything()], SecurityGroupIds: [expect.anything()] },
    },
  });
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: Match.absent(),
  });
});

describe('training', () => {
  const checkpoints = {
    uri: 's3://store/runs/1/training/train/checkpoints/',
    prefixes: ['runs/*/training/train/checkpoints/'],
  };

  test.each([
    ['the least', {}],
    ['spot', { spot: {}, checkpoints, machineCount: 2 }],
    ['a warm pool', { warmPool: Duration.minutes(30) }],
  ])('asks SageMaker in its own words: %s', (_, overrides) => {
    expect(schemaErrors(CreateTrainingJobRequest$, training(overrides).parameters)).toEqual([]);
  });

  test('on spot machines keeps checkpoints in the store, which it may read and write', () => {
    const stack = createStack();
    const { job, parameters } = training({ spot: {}, checkpoints }, stack);
    expect(parameters).toMatchObject({
      EnableManagedSpotTraining: true,
      CheckpointConfig: { S3Uri: 's3://store/runs/1/training/train/checkpoints/' },
      StoppingCondition: { MaxRuntimeInSeconds: 5400, MaxWaitTimeInSeconds: 10_800 },
    });
    // The time to wait, and an hour for what surrounds the job.
    expect(job.state.TimeoutSeconds).toBe(14_400);
    const allowed = (action: string) =>
      statementsOf(Template.fromStack(stack))
        .filter(({ actions, holder }) => holder.startsWith('JobRole') && actions.includes(action))
        .flatMap(({ resources }) => resources)
        .filter((resource) => resource.includes('checkpoints'));
    expect(allowed('s3:GetObject')).toEqual([containing('/runs/*/training/train/checkpoints/*')]);
    expect(allowed('s3:PutObject')).toEqual([containing('/runs/*/training/train/checkpoints/*')]);
  });

  test('waits for spot machines as long as it is told to', () => {
    const spot = { maxWait: Duration.hours(8) };
    expect(training({ spot, checkpoints }).parameters).toMatchObject({
      StoppingCondition: { MaxWaitTimeInSeconds: 28_800 },
    });
  });

  test('has a task for each machine it may fall back to, encrypted as that machine allows', () => {
    const { job } = training({ machine: { accelerator: 'v100' }, fallbackMachines: [{ accelerator: 'l4' }] });
    const types = [job.state, ...job.fallbackStates].map(({ Parameters }) => Parameters);
    expect(types).toMatchObject([
      { ResourceConfig: { InstanceType: 'ml.p3.2xlarge', VolumeKmsKeyId: expect.anything() as unknown } },
      { ResourceConfig: { InstanceType: 'ml.g6.xlarge' } },
    ]);
    expect(types[1]).not.toHaveProperty('ResourceConfig.VolumeKmsKeyId');
  });

  test('keeps its machines warm', () => {
    expect(training({ warmPool: Duration.minutes(30) }).parameters).toMatchObject({
      ResourceConfig: { KeepAlivePeriodInSeconds: 1800 },
    });
  });

  test('on several machines talks over EFA where they have it, encrypted', () => {
    const on = (machine: TrainingJobProps['machine'], machineCount: number) =>
      training({ machine, machineCount }).parameters;
    expect(on({ accelerator: 'a100', accelerators: 8 }, 2)).toMatchObject({
      ResourceConfig: { InstanceType: 'ml.p4d.24xlarge', InstanceCount: 2 },
      Environment: { FI_PROVIDER: 'efa' },
      EnableInterContainerTrafficEncryption: true,
    });
    expect(on({ accelerator: 'a100', accelerators: 8 }, 1)).not.toHaveProperty('Environment');
    expect(on({ accelerator: 'v100' }, 2)).not.toHaveProperty('Environment');
  });

  test('on several machines of a VPC lets them talk to one another, and nobody else', () => {
    const stack = createStack();
    training({ machineCount: 2, network: { vpc: new Vpc(stack, 'Vpc') } }, stack);
    const template = Template.fromStack(stack);
    const group = { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobSecurityGroup'), 'GroupId'] };
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      IpProtocol: '-1',
      GroupId: group,
      SourceSecurityGroupId: group,
    });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('that cannot come to its end is refused, all of it at once', () => {
    const machine = { accelerator: 'cpu' } as const;
    const wrong = {
      spot: { maxWait: Duration.minutes(60) },
      warmPool: Duration.minutes(5),
      machineCount: 0,
      fallbackMachines: Array.from({ length: 6 }, () => machine),
    };
    expect(() => training(wrong)).toThrow(
      [
        'training job "spam-filter-train": 5 problems',
        '  spot: is set without checkpoints: a machine that is taken away takes the training with it [spot-checkpoints]',
        '    fix: Pass `checkpoints`, or leave `spot` out.',
        '  spot.maxWait: is 3600 s, below the 5400 s that a job may run [spot-wait]',
        '    fix: Raise it, or lower `timeout`.',
        '  machineCount: is 0 [machine-count]',
        '    fix: Give a whole number from 1.',
        '  fallbackMachines: has 6 [machine-fallback]',
        '    fix: Name at most 5.',
        '  warmPool: keeps spot machines [warm-pool]',
        '    fix: Leave `warmPool` or `spot` out.',
      ].join('\n'),
    );
    expect(() => training({ warmPool: Duration.hours(2) })).toThrow(
      '  warmPool: is 7200 s [warm-pool]\n    fix: Give 1 second to 1 hour.',
    );
  });
});

test('names of jobs end in what no other job has, within 63 characters', () => {
  const jobName = 'a-pipeline-with-a-long-name-indeed-evaluate-quantize';
  const { parameters } = processing({ jobName });
  const name = (parameters as { 'ProcessingJobName.$': string })['ProcessingJobName.$'];
  expect(name).toBe(
    "States.Format('a-pipeline-with-a-long-name-indeed-evalua-60f009d5-{}', States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 4))",
  );
});

test('SageMaker of this account alone assumes the role of a job', () => {
  const stack = createStack();
  processing({}, stack);
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: 'sagemaker.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    },
  });
});

test('running a job is allowed by its name, and handing over its role to SageMaker alone', () => {
  const stack = createStack();
  const { job } = training({}, stack);
  job.grantRun(new Role(stack, 'Runner', { assumedBy: new ServicePrincipal('states.amazonaws.com') }));
  const statements = statementsOf(Template.fromStack(stack)).filter(({ holder }) =>
    holder.startsWith('RunnerDefault'),
  );
  expect(statements).toMatchObject([
    {
      actions: [
        'sagemaker:AddTags',
        'sagemaker:CreateTrainingJob',
        'sagemaker:DescribeTrainingJob',
        'sagemaker:StopTrainingJob',
      ],
      resources: ['arn:aws:sagemaker:eu-central-1:123456789012:training-job/spam-filter-train-*'],
    },
    {
      actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
      resources: [
        'arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule',
      ],
    },
    {
      actions: ['iam:PassRole'],
      condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
    },
  ]);
});
