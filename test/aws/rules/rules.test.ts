import { readFileSync } from 'node:fs';
import { RULES } from '../../../lib/aws/rules/rules';
import type { Properties } from '../../../lib/aws/rules/flatten';
import { Subjects } from '../../../lib/aws/rules/subject';
import { STACK_TYPE } from '../../../lib/aws/rules/terraform';
import {
  blueGreen,
  config,
  CPU,
  endpoint,
  machine,
  percent,
  resource,
  statement,
  T4,
  templateOf,
} from './subjects';

type Template = Readonly<Record<string, Properties>> | Subjects;

interface Cases {
  readonly compliant: readonly Template[];
  /** Each with the message it is found by. */
  readonly nonCompliant: readonly (readonly [message: string, template: Template])[];
  readonly notApplicable: readonly Template[];
}

/** A stack with constructs of Terraform at these paths. */
function stackWith(terraform: readonly string[]): Subjects {
  const place = { constructPath: 'S', locations: [] };
  return new Subjects([
    { type: STACK_TYPE, origin: 'resource', name: 'S', properties: { terraform }, metadata: {}, place },
  ]);
}

const GIB = 2 ** 30;
const model = (bytes?: number) =>
  resource('AWS::SageMaker::Model', {}, bytes === undefined ? {} : { 'cdk-model-pipeline:bytes': bytes });
const target = (MinCapacity: number, ScalableDimension = 'sagemaker:variant:DesiredInstanceCount') =>
  resource('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity,
    ScalableDimension,
    ResourceId: 'endpoint/spam/variant/live',
  });
const scalingTag = (min: number) => ({
  Tags: [{ Key: 'model-pipeline:scaling:live', Value: `min=${min} max=3 metric=backlog target=5` }],
});
const training = (parameters: object) => ({
  Machine: machine({ 'sagemaker:createTrainingJob.sync': parameters }),
});
const spot = (parameters: object) => training({ EnableManagedSpotTraining: true, ...parameters });
const tuning = (ResourceLimits: object) => ({
  Machine: machine({
    'sagemaker:createHyperParameterTuningJob.sync': { HyperParameterTuningJobConfig: { ResourceLimits } },
  }),
});
const alarm = (endpointName: unknown, MetricName = 'Invocation5XXErrors') =>
  resource('AWS::CloudWatch::Alarm', {
    MetricName,
    Dimensions: [{ Name: 'EndpointName', Value: endpointName }],
  });
const ROLLBACK = { AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'errors' }] } };
const PRIVATE = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};
const bucket = (properties: object) => resource('AWS::S3::Bucket', properties);
const encryptedWith = (SSEAlgorithm: string) =>
  bucket({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm } }],
    },
  });
const role = (properties: object) => resource('AWS::IAM::Role', properties);
const policy = (properties: object) =>
  resource('AWS::IAM::Policy', { PolicyDocument: statement(properties) });
const TOPIC = resource('AWS::SNS::Topic', {});
const job = (RoleArn: object | string, program: string, InstanceType = 'ml.m5.large') => ({
  RoleArn,
  AlgorithmSpecification: { TrainingImage: 'image', ContainerArguments: ['--step', program] },
  ResourceConfig: { InstanceType },
});

const CASES: Readonly<Record<string, Cases>> = {
  encryption: {
    compliant: [
      { Bucket: encryptedWith('aws:kms') },
      { Topic: resource('AWS::SNS::Topic', { KmsMasterKeyId: 'key' }) },
      { Config: config([CPU], { KmsKeyId: 'key', DataCaptureConfig: { KmsKeyId: 'key' } }) },
      { Config: config([T4], { AsyncInferenceConfig: { OutputConfig: { KmsKeyId: 'key' } } }) },
      training({
        OutputDataConfig: { KmsKeyId: 'key' },
        ResourceConfig: { InstanceType: 'ml.m5.large', VolumeKmsKeyId: 'key' },
      }),
      training({
        OutputDataConfig: { KmsKeyId: 'key' },
        ResourceConfig: { InstanceType: 'ml.g5.xlarge' },
      }),
    ],
    nonCompliant: [
      ['no KMS key encrypts the objects of the bucket', { Bucket: encryptedWith('AES256') }],
      ['no KMS key encrypts the objects of the bucket', { Bucket: bucket({}) }],
      ['no KMS key encrypts the messages of the topic', { Topic: TOPIC }],
      ['no KMS key encrypts the disks of the endpoint', { Config: config([CPU]) }],
      ['no KMS key encrypts the recorded requests', { Config: config([T4], { DataCaptureConfig: {} }) }],
      ['no KMS key encrypts the responses', { Config: config([T4], { AsyncInferenceConfig: {} }) }],
      ['no KMS key encrypts the output of the job', training({})],
      [
        'no KMS key encrypts the disks of the job',
        training({ OutputDataConfig: { KmsKeyId: 'k' }, ResourceConfig: { InstanceType: 'ml.m5.large' } }),
      ],
    ],
    notApplicable: [
      { Config: config([T4]) },
      { Config: config([{ ServerlessConfig: {} }]) },
      {
        Logs: encryptedWith('AES256'),
        Bucket: bucket({
          LoggingConfiguration: { DestinationBucketName: { Ref: 'Logs' } },
          BucketEncryption: {
            ServerSideEncryptionConfiguration: [
              { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
            ],
          },
        }),
      },
    ],
  },
  'endpoint-capture': {
    compliant: [{ Config: config([T4], { DataCaptureConfig: { EnableCapture: true } }) }],
    nonCompliant: [['records no requests', { Config: config([T4]) }]],
    notApplicable: [
      { Config: config([{ ServerlessConfig: {} }]) },
      { Config: config([T4], { AsyncInferenceConfig: {} }) },
      { Topic: TOPIC },
    ],
  },
  'endpoint-error-alarm': {
    compliant: [
      { Endpoint: endpoint(), Alarm: alarm('spam') },
      { Endpoint: endpoint(), Alarm: alarm({ 'Fn::GetAtt': ['Endpoint', 'EndpointName'] }) },
    ],
    nonCompliant: [
      ['no alarm watches the errors of the endpoint', { Endpoint: endpoint(), Alarm: alarm('other') }],
      [
        'no alarm watches the errors of the endpoint',
        { Endpoint: endpoint(), Alarm: alarm('spam', 'ModelLatency') },
      ],
    ],
    notApplicable: [{ Topic: TOPIC }],
  },
  'endpoint-rollback-alarm': {
    compliant: [
      { Endpoint: endpoint(ROLLBACK) },
      { Component: resource('AWS::SageMaker::InferenceComponent', { DeploymentConfig: ROLLBACK }) },
      {
        Machine: machine({
          'aws-sdk:sagemaker:updateEndpoint': { EndpointName: 'spam', DeploymentConfig: ROLLBACK },
          'sagemaker:updateEndpoint': { EndpointName: 'spam' },
        }),
      },
    ],
    nonCompliant: [
      ['no alarm turns an update of the endpoint back', { Endpoint: endpoint() }],
      [
        'no alarm turns an update of the endpoint back',
        { Endpoint: endpoint({ AutoRollbackConfiguration: { Alarms: [] } }) },
      ],
      [
        'no alarm turns an update of the inference component back',
        { Component: resource('AWS::SageMaker::InferenceComponent', {}) },
      ],
    ],
    notApplicable: [
      { Endpoint: endpoint(), Config: config([{ ServerlessConfig: {} }]) },
      { Endpoint: endpoint(), Config: config([{ InstanceType: 'ml.g5.xlarge' }]) },
      { Machine: machine({ 'sagemaker:createEndpoint': { EndpointName: 'spam' } }) },
    ],
  },
  'fixed-name': {
    compliant: [{ Model: model() }],
    nonCompliant: [
      [
        'ModelName is fixed: the next change cannot be deployed',
        { Model: resource('AWS::SageMaker::Model', { ModelName: 'spam' }) },
      ],
    ],
    notApplicable: [
      { Machine: machine({ 'sagemaker:createModel': { ModelName: 'spam' } }) },
      { Topic: TOPIC },
    ],
  },
  'full-access': {
    compliant: [
      {
        Role: role({
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
        }),
      },
      { Policy: policy({ Action: ['s3:GetObject', 's3:List*'] }) },
      { Policy: policy({ Effect: 'Deny', Action: 's3:*' }) },
    ],
    nonCompliant: [
      [
        'allows AmazonSageMakerFullAccess',
        {
          Role: role({
            ManagedPolicyArns: [
              {
                'Fn::Join': [
                  '',
                  ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/AmazonSageMakerFullAccess'],
                ],
              },
            ],
          }),
        },
      ],
      ['allows s3:*, *', { Policy: policy({ Action: ['s3:*', '*'] }) }],
      ['allows kms:*', { Role: role({ Policies: [{ PolicyDocument: statement({ Action: 'kms:*' }) }] }) }],
    ],
    notApplicable: [{ Topic: TOPIC }],
  },
  'instance-known': {
    compliant: [{ Config: config([T4]) }],
    nonCompliant: [
      ['ml.g99.xlarge is not in the catalogue', { Config: config([{ InstanceType: 'ml.g99.xlarge' }]) }],
    ],
    notApplicable: [{ Config: config([{ InstanceType: { Ref: 'Type' } }]) }, { Topic: TOPIC }],
  },
  'instance-use': {
    compliant: [training({ ResourceConfig: { InstanceType: 'ml.m5.large' } })],
    nonCompliant: [
      [
        'ml.m5d.large is not offered for training; it is for endpoint',
        training({ ResourceConfig: { InstanceType: 'ml.m5d.large' } }),
      ],
      [
        'ml.p4d.24xlarge is not offered for processing; it is for training, endpoint',
        {
          Machine: machine({
            'sagemaker:createProcessingJob.sync': {
              ProcessingResources: { ClusterConfig: { InstanceType: 'ml.p4d.24xlarge' } },
            },
          }),
        },
      ],
      [
        'ml.r5.8xlarge is not offered for endpoint; it is for training, processing',
        { Config: config([T4], { ShadowProductionVariants: [{ InstanceType: 'ml.r5.8xlarge' }] }) },
      ],
    ],
    notApplicable: [{ Config: config([{ InstanceType: 'ml.g99.xlarge' }]) }],
  },
  'kms-on-nvme': {
    compliant: [{ Config: config([T4]) }, { Config: config([CPU], { KmsKeyId: 'key' }) }],
    nonCompliant: [
      [
        'a KMS key is given for the disks of ml.g4dn.xlarge, which has a local NVMe disk',
        { Config: config([T4], { KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } }) },
      ],
      [
        'a KMS key is given for the disks of ml.g5.xlarge, which has a local NVMe disk',
        training({ ResourceConfig: { InstanceType: 'ml.g5.xlarge', VolumeKmsKeyId: 'key' } }),
      ],
    ],
    notApplicable: [{ Config: config([{ ServerlessConfig: {} }]) }],
  },
  'model-fits': {
    compliant: [{ Config: config([T4]), Model: model(GIB) }],
    nonCompliant: [
      [
        'serving a model of 20.0 GiB takes about 25.0 GiB of memory; each t4 of ml.g4dn.xlarge has 14 GiB',
        { Config: config([T4]), Model: model(20 * GIB) },
      ],
    ],
    notApplicable: [
      { Config: config([T4]), Model: model() },
      { Config: config([{ ...T4, InstanceType: 'ml.g99.xlarge' }]), Model: model(GIB) },
    ],
  },
  'public-access': {
    compliant: [
      { Bucket: bucket({ PublicAccessBlockConfiguration: PRIVATE }) },
      {
        Policy: resource('AWS::SNS::TopicPolicy', {
          PolicyDocument: statement({ Principal: { AWS: '*' }, Condition: { StringEquals: {} } }),
        }),
      },
    ],
    nonCompliant: [
      [
        'the bucket does not block public access',
        { Bucket: bucket({ PublicAccessBlockConfiguration: { ...PRIVATE, BlockPublicAcls: false } }) },
      ],
      [
        'the policy allows everybody',
        { Policy: resource('AWS::S3::BucketPolicy', { PolicyDocument: statement({ Principal: '*' }) }) },
      ],
      [
        'the policy allows everybody',
        { Key: resource('AWS::KMS::Key', { KeyPolicy: statement({ Principal: { AWS: ['*'] } }) }) },
      ],
    ],
    notApplicable: [{ Topic: TOPIC }],
  },
  'resource-name': {
    compliant: [{ Endpoint: endpoint() }],
    nonCompliant: [
      [
        `EndpointName "${'a'.repeat(64)}" has 64 characters; it may have 63`,
        { Endpoint: endpoint({}, { EndpointName: 'a'.repeat(64) }) },
      ],
      [
        'EndpointName "spam_filter" has characters that are not allowed',
        { Endpoint: endpoint({}, { EndpointName: 'spam_filter' }) },
      ],
      [
        'HyperParameterTuningJobName "a-name-of-more-than-thirty-two-letters" has 38 characters; it may have 32',
        {
          Machine: machine({
            'sagemaker:createHyperParameterTuningJob': {
              HyperParameterTuningJobName: 'a-name-of-more-than-thirty-two-letters',
            },
          }),
        },
      ],
    ],
    notApplicable: [
      { Endpoint: endpoint({}, { EndpointName: { Ref: 'Name' } }) },
      training({ 'TrainingJobName.$': '$.name' }),
    ],
  },
  'role-shared': {
    compliant: [
      {
        Machine: machine({
          'sagemaker:createTrainingJob.sync': job('arn:one', 'train'),
          'sagemaker:createTrainingJob.sync:2': job('arn:two', 'distill'),
        }),
      },
      {
        // The same step once more, on another machine.
        Machine: machine({
          'sagemaker:createTrainingJob.sync': job('arn:one', 'train'),
          'sagemaker:createTrainingJob.sync:2': job('arn:one', 'train', 'ml.m5.xlarge'),
        }),
      },
    ],
    nonCompliant: [
      [
        'arn:one is the role of 2 steps',
        {
          Machine: machine({
            'sagemaker:createTrainingJob.sync': job('arn:one', 'train'),
            'sagemaker:createTrainingJob.sync:2': job('arn:one', 'distill'),
          }),
        },
      ],
      [
        '${Role.Arn} is the role of 2 steps',
        {
          Machine: resource('AWS::StepFunctions::StateMachine', {
            DefinitionString: {
              'Fn::Join': ['', ['{"States":{"A":"', { 'Fn::GetAtt': ['Gate', 'Arn'] }, '"}}']],
            },
          }),
          Gate: resource('AWS::Lambda::Function', { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
          Model: resource('AWS::SageMaker::Model', { ExecutionRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
        },
      ],
    ],
    notApplicable: [{ Other: resource('AWS::Lambda::Function', { Role: 'arn:one' }) }],
  },
  'rollout-duration': {
    compliant: [
      {
        Endpoint: endpoint(
          blueGreen({ Type: 'CANARY', CanarySize: percent(10), WaitIntervalInSeconds: 600 }),
        ),
      },
      {
        Endpoint: endpoint({
          RollingUpdatePolicy: { MaximumBatchSize: percent(50), WaitIntervalInSeconds: 60 },
        }),
      },
    ],
    nonCompliant: [
      [
        'waits 3601 s after a step; it may wait 3600 s',
        { Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 3601 })) },
      ],
      [
        'may take 60 s; SageMaker takes 600 to 28800 s',
        { Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE' }, 60)) },
      ],
      [
        'waits 6000 s in all, and may take 3600 s',
        {
          Endpoint: endpoint(
            blueGreen({ Type: 'LINEAR', LinearStepSize: percent(10), WaitIntervalInSeconds: 600 }),
          ),
        },
      ],
    ],
    notApplicable: [{ Endpoint: endpoint() }, { Topic: TOPIC }],
  },
  'rollout-serverless': {
    compliant: [{ Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE' })), Config: config([T4]) }],
    nonCompliant: [
      [
        'is serverless and has a DeploymentConfig',
        {
          Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE' })),
          Config: config([{ ServerlessConfig: { MaxConcurrency: 5 } }]),
        },
      ],
    ],
    notApplicable: [{ Endpoint: endpoint(), Config: config([{ ServerlessConfig: {} }]) }],
  },
  'rollout-step': {
    compliant: [
      { Endpoint: endpoint(blueGreen({ Type: 'CANARY', CanarySize: percent(50) })) },
      { Endpoint: endpoint({ RollingUpdatePolicy: { MaximumBatchSize: percent(5) } }) },
    ],
    nonCompliant: [
      [
        'the canary step is 51 % of the machines; it may be 1 to 50 %',
        { Endpoint: endpoint(blueGreen({ Type: 'CANARY', CanarySize: percent(51) })) },
      ],
      [
        'the linear step is 5 % of the machines; it may be 10 to 50 %',
        { Endpoint: endpoint(blueGreen({ Type: 'LINEAR', LinearStepSize: percent(5) })) },
      ],
      [
        'the rolling step is 60 % of the machines; it may be 5 to 50 %',
        { Endpoint: endpoint({ RollingUpdatePolicy: { MaximumBatchSize: percent(60) } }) },
      ],
    ],
    notApplicable: [
      { Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE' })) },
      {
        Endpoint: endpoint({
          RollingUpdatePolicy: { MaximumBatchSize: { Type: 'INSTANCE_COUNT', Value: 1 } },
        }),
      },
    ],
  },
  'rollout-variants': {
    compliant: [{ Endpoint: endpoint({ RollingUpdatePolicy: {} }), Config: config([T4]) }],
    nonCompliant: [
      [
        'is updated rolling, and has 2 variants',
        { Endpoint: endpoint({ RollingUpdatePolicy: {} }), Config: config([T4, CPU]) },
      ],
    ],
    notApplicable: [{ Endpoint: endpoint(blueGreen({ Type: 'ALL_AT_ONCE' })), Config: config([T4, CPU]) }],
  },
  'scaling-to-zero': {
    compliant: [
      { Endpoint: endpoint(), Config: config([T4]), Target: target(1) },
      { Endpoint: endpoint(), Config: config([T4], { AsyncInferenceConfig: {} }), Target: target(0) },
      { Config: config([{ ManagedInstanceScaling: { MinInstanceCount: 0 } }]) },
      { Config: config([T4], scalingTag(1)) },
      { Config: config([T4], { AsyncInferenceConfig: {}, ...scalingTag(0) }) },
    ],
    nonCompliant: [
      [
        'scales down to 0, and its endpoint answers requests at once',
        { Endpoint: endpoint(), Config: config([T4]), Target: target(0) },
      ],
      [
        'scales down to 0, and its endpoint answers requests at once',
        { Config: config([T4], scalingTag(0)) },
      ],
      [
        'a variant with a model of its own has a MinInstanceCount of 0',
        { Config: config([{ ...T4, ManagedInstanceScaling: { MinInstanceCount: 0 } }]) },
      ],
    ],
    notApplicable: [
      { Target: target(0) },
      { Target: target(0, 'sagemaker:inference-component:DesiredCopyCount') },
    ],
  },
  'spot-checkpoints': {
    compliant: [spot({ CheckpointConfig: { 'S3Uri.$': '$.checkpoints' } })],
    nonCompliant: [['trains on spot machines without checkpoints', spot({})]],
    notApplicable: [training({}), { Topic: TOPIC }],
  },
  'spot-wait': {
    compliant: [spot({ StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 } })],
    nonCompliant: [
      [
        'waits 1800 s at the longest, and may run 3600 s',
        spot({ StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 1800 } }),
      ],
      ['trains on spot machines without a longest wait', spot({ StoppingCondition: {} })],
    ],
    notApplicable: [training({ StoppingCondition: { MaxRuntimeInSeconds: 3600 } })],
  },
  'terraform-construct': {
    compliant: [stackWith([])],
    nonCompliant: [['S/Bucket is a construct of Terraform', stackWith(['S/Bucket'])]],
    notApplicable: [{ Topic: TOPIC }],
  },
  'transport-encryption': {
    compliant: [
      {
        Bucket: bucket({}),
        Policy: resource('AWS::S3::BucketPolicy', {
          Bucket: { Ref: 'Bucket' },
          PolicyDocument: statement({
            Effect: 'Deny',
            Principal: '*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        }),
      },
      training({ ResourceConfig: { InstanceCount: 2 }, EnableInterContainerTrafficEncryption: true }),
    ],
    nonCompliant: [
      ['the bucket takes requests without TLS', { Bucket: bucket({}) }],
      [
        'the machines of the job talk to one another in the clear',
        training({ ResourceConfig: { InstanceCount: 2 } }),
      ],
    ],
    notApplicable: [training({ ResourceConfig: { InstanceCount: 1 } })],
  },
  'tuning-parallelism': {
    compliant: [tuning({ MaxNumberOfTrainingJobs: 10, MaxParallelTrainingJobs: 2 })],
    nonCompliant: [
      [
        'runs 4 trials at once, of 3 in all',
        tuning({ MaxNumberOfTrainingJobs: 3, MaxParallelTrainingJobs: 4 }),
      ],
    ],
    notApplicable: [tuning({}), { Topic: TOPIC }],
  },
};

/** What the rule finds in the whole template. */
function judge(id: string, template: Template): { kinds: Set<string>; messages: string[] } {
  const rule = RULES.find((candidate) => candidate.id === id);
  if (!rule) throw new Error(`no rule has the id ${id}`);
  const all = template instanceof Subjects ? template : templateOf(template);
  const verdicts = [...all].map((subject) => rule.check(subject, all));
  const messages = verdicts.flatMap((verdict) => (verdict.kind === 'non-compliant' ? [verdict.message] : []));
  return { kinds: new Set(verdicts.map(({ kind }) => kind)), messages };
}

test('every rule has cases', () => {
  expect(Object.keys(CASES)).toEqual(RULES.map(({ id }) => id));
});

describe.each(Object.entries(CASES))('%s', (id, { compliant, nonCompliant, notApplicable }) => {
  test.each(compliant.map((template) => [template] as const))('takes template %#', (template) => {
    const { kinds, messages } = judge(id, template);
    expect(messages).toEqual([]);
    expect(kinds).toContain('compliant');
  });

  test.each(nonCompliant)('finds: %s', (message, template) => {
    expect([...new Set(judge(id, template).messages)]).toEqual([message]);
  });

  test.each(notApplicable.map((template) => [template] as const))('leaves alone template %#', (template) => {
    expect(judge(id, template).messages).toEqual([]);
  });
});

test('the reference lists every rule with its level, cause and fix', () => {
  const rows = RULES.map(({ id, level, cause, fix }) => `| \`${id}\` | ${level} | ${cause} | ${fix} |`);
  const table = readFileSync('docs/reference/rules.md', 'utf8').split('\n');
  expect(table.filter((line) => line.startsWith('| `'))).toEqual(rows);
});
