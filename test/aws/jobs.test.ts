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
