import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { App, Stack } from 'aws-cdk-lib/core';
import { VerifiedArtifact } from '../../lib/artifact/verified-artifact';
import {
  ArtifactStore,
  type ChallengerProps,
  findMachine,
  Hosting,
  ModelEndpoint,
  type ModelEndpointProps,
  type RealTimeOptions,
} from '../../lib/aws';
import { IssueError } from '../../lib/issue';
import { lint, templatesOf } from './cfn-lint';
import { statementsOf } from './policies';
import { createStack, SERVER } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const VERSIONS = join(__dirname, '..', 'fixtures', 'versions');
const artifact = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter'));
const changed = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter-changed'));

const CONFIG = 'AWS::SageMaker::EndpointConfig';
const ENDPOINT = 'AWS::SageMaker::Endpoint';
const TARGET = 'AWS::ApplicationAutoScaling::ScalableTarget';
const POLICY = 'AWS::ApplicationAutoScaling::ScalingPolicy';

const defaults: ModelEndpointProps = {
  endpointName: 'spam',
  artifact,
  image: SERVER,
  performance: { latencyP99Ms: { critical: 250 }, errorPercent: { critical: 1 } },
};

function synth(props: Partial<ModelEndpointProps>, stack = createStack()) {
  const endpoint = new ModelEndpoint(stack, 'Endpoint', { ...defaults, ...props });
  return { endpoint, stack, template: Template.fromStack(stack) };
}

/** What is wrong, as `path: message`. */
function issuesOf(props: Partial<ModelEndpointProps>, stack = createStack()): string[] {
  try {
    synth(props, stack);
  } catch (error) {
    if (error instanceof IssueError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

function invokeStatements(props: Partial<ModelEndpointProps>, stack = createStack()) {
  const endpoint = new ModelEndpoint(stack, 'Endpoint', { ...defaults, ...props });
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  endpoint.grantInvoke(role);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return JSON.stringify(policies.filter((policy) => JSON.stringify(policy).includes('"Caller')));
}

describe('a real-time endpoint with challengers', () => {
  const challenger: ChallengerProps = { name: 'candidate-b', weight: 1, artifact: changed, image: SERVER };
  const hosting = (options: Partial<RealTimeOptions> = {}) =>
    Hosting.realTime({ weight: 9, challengers: [challenger], ...options });

  test('serves each model its share of the requests', () => {
    const { template } = synth({ hosting: hosting() });
    template.resourceCountIs('AWS::SageMaker::Model', 2);
    template.hasResourceProperties(CONFIG, {
      ProductionVariants: [
        {
          VariantName: 'live',
          InitialVariantWeight: 9,
          ModelName: {
            'Fn::GetAtt': [Match.stringLikeRegexp(`Model${artifact.digest.slice(0, 12)}`), 'ModelName'],
          },
        },
        {
          VariantName: 'candidate-b',
          InitialVariantWeight: 1,
          ModelName: {
            'Fn::GetAtt': [
              Match.stringLikeRegexp(`ModelCandidateB${changed.digest.slice(0, 12)}`),
              'ModelName',
            ],
          },
        },
      ],
      ShadowProductionVariants: Match.absent(),
    });
  });

  test('scales each variant by its own target', () => {
    const { template } = synth({
      machine: { accelerator: 't4', accelerators: 4 },
      replicas: { max: 3, concurrentRequests: 4 },
      hosting: hosting({
        challengers: [
          {
            ...challenger,
            machine: { accelerator: 't4', accelerators: 4 },
            replicas: { max: 2, gpuPercent: 70 },
          },
        ],
      }),
    });
    template.hasResourceProperties(CONFIG, {
      Tags: Match.arrayWith([
        // 70 percent of each of four GPUs, which SageMaker adds up.
        { Key: 'model-pipeline:scaling:candidate-b', Value: 'min=1 max=2 metric=gpuPercent target=280' },
        { Key: 'model-pipeline:scaling:live', Value: 'min=1 max=3 metric=concurrentRequests target=4' },
      ]),
    });
    template.hasResourceProperties(ENDPOINT, { RetainAllVariantProperties: true });
  });

  test('is turned back by the alarms of each', () => {
    const { template } = synth({ hosting: hosting() });
    template.hasResourceProperties(ENDPOINT, {
      DeploymentConfig: {
        AutoRollbackConfiguration: {
          Alarms: ['Alarms', 'Alarms', 'AlarmsCandidateB', 'AlarmsCandidateB'].map((id) => ({
            AlarmName: { Ref: Match.stringLikeRegexp(`^Endpoint${id}(Latency|Errors)Critical`) },
          })),
        },
      },
    });
    const variants = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));
    expect(variants).toContain('{"Name":"VariantName","Value":"candidate-b"}');
    const watched = statementsOf(template).filter(({ actions }) =>
      actions.includes('cloudwatch:DescribeAlarms'),
    );
    expect(JSON.stringify(watched)).toContain('AlarmsCandidateB');
  });

  test('is not encrypted by a key where one of the machines refuses it', () => {
    const { template } = synth({
      hosting: hosting({ challengers: [{ ...challenger, machine: { accelerator: 't4' } }] }),
    });
    template.hasResourceProperties(CONFIG, { KmsKeyId: Match.absent() });
  });

  test('is refused with names and weights that are none, and rolling', () => {
    expect(
      issuesOf({
        release: { strategy: 'rolling', stepPercent: 10 },
        hosting: hosting({
          weight: -1,
          challengers: [
            challenger,
            challenger,
            { ...challenger, name: 'live' },
            { ...challenger, name: 'b_', weight: NaN },
          ],
        }),
      }),
    ).toEqual([
      'hosting.challengers[1].name: is "candidate-b", which is taken',
      'hosting.challengers[2].name: is "live", which is taken',
      'hosting.challengers[3].name: is "b_"',
      'hosting.weight: is -1',
      'hosting.challengers[3].weight: is NaN',
      'release.strategy: is "rolling", which SageMaker refuses for several variants',
    ]);
  });

  test('refuses a challenger that was not verified, does not fit, or scales on nothing', () => {
    const unverified = JSON.parse(JSON.stringify(artifact)) as VerifiedArtifact;
    const large = Object.create(changed, { bytes: { value: 20 * 2 ** 30 } }) as VerifiedArtifact;
    expect(
      issuesOf({
        hosting: hosting({
          challengers: [
            { ...challenger, artifact: unverified },
            { ...challenger, name: 'c', artifact: large, machine: { accelerator: 't4' } },
            { ...challenger, name: 'd', replicas: { max: 2 } },
          ],
        }),
      }),
    ).toEqual([
      'hosting.challengers[0].artifact: is not a verified artifact',
      'hosting.challengers[1].machine: serving a model of 20.0 GiB takes about 25.0 GiB of memory; each t4 of ml.g4dn.xlarge has 14 GiB',
      'hosting.challengers[2].replicas: has no target: nothing tells when to scale',
    ]);
  });
});

describe('a shadow', () => {
  const shadow = { artifact: changed, image: SERVER };

  test('gets copies of a share of the requests', () => {
    const { template } = synth({ hosting: Hosting.realTime({ shadow: { ...shadow, samplePercent: 25 } }) });
    template.hasResourceProperties(CONFIG, {
      ProductionVariants: [{ VariantName: 'live', InitialVariantWeight: 1 }],
      ShadowProductionVariants: [
        { VariantName: 'shadow', InitialVariantWeight: 0.25, InitialInstanceCount: 1 },
      ],
    });
  });

  test('gets a copy of every request where nothing else is said', () => {
    const { template } = synth({ hosting: Hosting.realTime({ weight: 4, shadow }) });
    template.hasResourceProperties(CONFIG, { ShadowProductionVariants: [{ InitialVariantWeight: 4 }] });
  });

  test('is refused beside challengers, and without a share', () => {
    const challengers = [{ name: 'b', weight: 1, artifact: changed, image: SERVER }];
    expect(
      issuesOf({ hosting: Hosting.realTime({ challengers, shadow: { ...shadow, samplePercent: 0 } }) }),
    ).toEqual([
      'hosting.shadow: stands beside challengers; SageMaker takes a shadow beside a single variant',
      'hosting.shadow.samplePercent: is 0',
    ]);
  });
});

describe('an asynchronous endpoint', () => {
  function asynchronous(props: Partial<ModelEndpointProps> = {}) {
    const stack = createStack();
    const store = new ArtifactStore(stack, 'Store');
    const hosting = Hosting.asynchronous({
      store,
      successTopic: new Topic(stack, 'Success'),
      errorTopic: new Topic(stack, 'Error'),
      concurrentRequests: 8,
    });
    return synth({ hosting, replicas: { min: 0, max: 4, backlog: 5 }, ...props }, stack);
  }

  test('writes answers and failures to the store under its key, and tells of them', () => {
    asynchronous().template.hasResourceProperties(CONFIG, {
      AsyncInferenceConfig: {
        OutputConfig: {
          S3OutputPath: { 'Fn::Join': ['', ['s3://', Match.anyValue(), '/invocations/spam/answers/']] },
          S3FailurePath: { 'Fn::Join': ['', ['s3://', Match.anyValue(), '/invocations/spam/failures/']] },
          KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^StoreKey'), 'Arn'] },
          NotificationConfig: {
            SuccessTopic: { Ref: Match.stringLikeRegexp('^Success') },
            ErrorTopic: { Ref: Match.stringLikeRegexp('^Error') },
          },
        },
        ClientConfig: { MaxConcurrentInvocationsPerInstance: 8 },
      },
    });
  });

  test('begins with one machine, has none while nothing waits, and gets the first when something does', () => {
    const { template } = asynchronous();
    template.hasResourceProperties(CONFIG, { ProductionVariants: [{ InitialInstanceCount: 1 }] });
    template.hasResourceProperties(CONFIG, {
      Tags: Match.arrayWith([
        { Key: 'model-pipeline:scaling:live', Value: 'min=0 max=4 metric=backlog target=5' },
      ]),
    });
  });

  test('moves under the same guardrails, and keeps its number of machines', () => {
    asynchronous().template.hasResourceProperties(ENDPOINT, {
      DeploymentConfig: {
        BlueGreenUpdatePolicy: Match.anyValue(),
        AutoRollbackConfiguration: Match.anyValue(),
      },
      RetainAllVariantProperties: true,
    });
  });

  test('reads requests and writes answers, and nothing else of the store', () => {
    const statements = statementsOf(asynchronous().template);
    const objects = (action: string) =>
      statements
        .filter(({ actions }) => actions.includes(action))
        .flatMap(({ resources }) => resources)
        .filter((resource) => resource.includes('/invocations/'));
    expect(objects('s3:GetObject')).toEqual([expect.stringMatching(/\/invocations\/spam\/requests\/\*$/)]);
    expect(objects('s3:PutObject')).toEqual([
      expect.stringMatching(/\/invocations\/spam\/answers\/\*$/),
      expect.stringMatching(/\/invocations\/spam\/failures\/\*$/),
    ]);
  });

  test('lets callers leave requests and read answers', () => {
    const stack = createStack();
    const store = new ArtifactStore(stack, 'Store');
    const policy = invokeStatements({ hosting: Hosting.asynchronous({ store }) }, stack);
    for (const part of [
      '"sagemaker:InvokeEndpointAsync"',
      '/invocations/spam/requests/*',
      '/invocations/spam/answers/*',
      '/invocations/spam/failures/*',
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('"sagemaker:InvokeEndpoint"');
  });

  test('tells nobody, and leaves the concurrency to SageMaker, where nothing is said', () => {
    const stack = createStack();
    const hosting = Hosting.asynchronous({ store: new ArtifactStore(stack, 'Store') });
    synth({ hosting }, stack).template.hasResourceProperties(CONFIG, {
      AsyncInferenceConfig: {
        OutputConfig: { NotificationConfig: Match.absent() },
        ClientConfig: Match.absent(),
      },
    });
  });

  test('scales on what waits, watches it, and records no requests', () => {
    const stack = createStack();
    const store = new ArtifactStore(stack, 'Store');
    const hosting = Hosting.asynchronous({ store, concurrentRequests: 0 });
    expect(
      issuesOf(
        {
          hosting,
          replicas: { min: 0, max: 2, requestsPerMinute: 10 },
          queue: { backlog: { critical: 9 } },
          capture: { store, samplePercent: 10 },
        },
        stack,
      ),
    ).toEqual([
      'replicas.requestsPerMinute: is not a target of an asynchronous endpoint',
      'capture: is not carried out: SageMaker records no requests of an asynchronous endpoint; they stay in the store',
      'hosting.concurrentRequests: is 0',
    ]);
  });
});

describe('a serverless endpoint', () => {
  const hosting = Hosting.serverless({ memoryGiB: 2, maxConcurrency: 20, provisionedConcurrency: 5 });

  test('has memory and concurrency, and nothing of a machine', () => {
    const { endpoint, template } = synth({ hosting });
    template.hasResourceProperties(CONFIG, {
      ProductionVariants: [
        {
          VariantName: 'live',
          InitialVariantWeight: 1,
          ModelName: Match.anyValue(),
          ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 20, ProvisionedConcurrency: 5 },
          InstanceType: Match.absent(),
          ModelDataDownloadTimeoutInSeconds: Match.absent(),
        },
      ],
      KmsKeyId: Match.absent(),
    });
    template.hasResourceProperties(ENDPOINT, {
      DeploymentConfig: Match.absent(),
      RetainAllVariantProperties: Match.absent(),
    });
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(endpoint.machine).toBeUndefined();
    expect(invokeStatements({ hosting })).toContain('"sagemaker:InvokeEndpoint"');
  });

  test('refuses what SageMaker does not do for it, all at once', () => {
    const stack = createStack();
    const store = new ArtifactStore(stack, 'Store');
    expect(
      issuesOf(
        {
          hosting: Hosting.serverless({ memoryGiB: 7 as 6, maxConcurrency: 201, provisionedConcurrency: 0 }),
          machine: { accelerator: 't4' },
          replicas: { max: 2, requestsPerMinute: 5 },
          release: { strategy: 'canary', stepPercent: 10 },
          capture: { store, samplePercent: 10 },
          network: { vpc: new Vpc(stack, 'Vpc') },
          queue: { backlog: { critical: 5 } },
          resources: undefined,
        },
        stack,
      ),
    ).toEqual([
      'queue: watches requests that wait; only an asynchronous endpoint lets them wait',
      'machine: is not taken: a serverless endpoint has no machine to choose, and no GPU',
      'replicas: is not taken: a serverless endpoint scales by itself, up to maxConcurrency',
      'release: is not taken: a serverless endpoint moves all at once; SageMaker has no guardrails for it',
      'capture: is not taken: SageMaker records no requests of a serverless endpoint',
      'network: is not taken: a serverless endpoint runs in no VPC',
      'hosting.memoryGiB: is 7',
      'hosting.maxConcurrency: is 201',
      'hosting.provisionedConcurrency: is 0',
    ]);
  });

  test.each([
    [1.5, 'hosting.memoryGiB: is 2; serving a model of 1.5 GiB takes about 4.0 GiB of memory'],
    [3, 'hosting.memoryGiB: is 2; serving a model of 3.0 GiB takes about 7.0 GiB of memory'],
  ])('refuses a model of %d GiB that does not fit', (gib, message) => {
    const large = Object.create(artifact, { bytes: { value: gib * 2 ** 30 } }) as VerifiedArtifact;
    expect(issuesOf({ hosting, artifact: large })).toEqual([message]);
  });
});

describe('an endpoint with inference components', () => {
  const machine = { accelerator: 't4', accelerators: 4 } as const;
  const props: Partial<ModelEndpointProps> = {
    machine,
    hosting: Hosting.components(),
    replicas: { min: 0, max: 10, concurrentRequests: 4 },
  };

  test('has machines for as many copies as there are, and a model of its own in none of them', () => {
    synth(props).template.hasResourceProperties(CONFIG, {
      ExecutionRoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Role'), 'Arn'] },
      ProductionVariants: [
        {
          VariantName: 'live',
          InstanceType: 'ml.g4dn.12xlarge',
          InitialInstanceCount: 1,
          ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 0, MaxInstanceCount: 3 },
          RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
          ModelName: Match.absent(),
          ModelDataDownloadTimeoutInSeconds: 601,
        },
      ],
    });
  });

  test('gives each copy its share of a machine, and replaces them one by one', () => {
    synth(props).template.hasResource('AWS::SageMaker::InferenceComponent', {
      Properties: {
        InferenceComponentName: 'spam-live',
        EndpointName: 'spam',
        VariantName: 'live',
        Specification: {
          ModelName: { 'Fn::GetAtt': [Match.stringLikeRegexp('Model'), 'ModelName'] },
          ComputeResourceRequirements: {
            NumberOfAcceleratorDevicesRequired: 1,
            MinMemoryRequiredInMb: 39321,
          },
          StartupParameters: {
            ModelDataDownloadTimeoutInSeconds: 601,
            ContainerStartupHealthCheckTimeoutInSeconds: 601,
          },
        },
        RuntimeConfig: { CopyCount: 1 },
        DeploymentConfig: {
          RollingUpdatePolicy: {
            MaximumBatchSize: { Type: 'COPY_COUNT', Value: 1 },
            WaitIntervalInSeconds: 300,
            MaximumExecutionTimeoutInSeconds: 28800,
          },
          AutoRollbackConfiguration: { Alarms: [Match.anyValue(), Match.anyValue()] },
        },
      },
      DependsOn: [Match.stringLikeRegexp('^Endpoint')],
    });
  });

  test('replaces a share at a time when asked to', () => {
    const release = { strategy: 'rolling', stepPercent: 25, waitMinutes: 1 } as const;
    synth({ ...props, release }).template.hasResourceProperties('AWS::SageMaker::InferenceComponent', {
      DeploymentConfig: {
        RollingUpdatePolicy: {
          MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 25 },
          MaximumExecutionTimeoutInSeconds: 7440,
        },
      },
    });
  });

  test('scales its copies to none, and gets the first when a request finds none', () => {
    const { template } = synth(props);
    template.hasResource(TARGET, {
      Properties: {
        ResourceId: 'inference-component/spam-live',
        ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
        MinCapacity: 0,
        MaxCapacity: 10,
      },
      DependsOn: [Match.stringLikeRegexp('Component')],
    });
    template.hasResourceProperties(POLICY, {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
        },
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'NoCapacityInvocationFailures',
      Dimensions: [{ Name: 'InferenceComponentName', Value: 'spam-live' }],
      Threshold: 1,
    });
    template.hasResourceProperties(ENDPOINT, { DeploymentConfig: Match.absent() });
  });

  test('follows requests per minute, and keeps its copies where nothing scales', () => {
    synth({ ...props, replicas: { min: 1, max: 2, requestsPerMinute: 60 } }).template.hasResourceProperties(
      POLICY,
      {
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: {
            PredefinedMetricType: 'SageMakerInferenceComponentInvocationsPerCopy',
          },
        },
      },
    );
    const { template } = synth({ ...props, machine: { memoryGiB: 8 }, replicas: { min: 3 } });
    template.resourceCountIs(TARGET, 0);
    template.hasResourceProperties('AWS::SageMaker::InferenceComponent', {
      Specification: { ComputeResourceRequirements: { NumberOfAcceleratorDevicesRequired: Match.absent() } },
      RuntimeConfig: { CopyCount: 3 },
    });
    template.hasResourceProperties(CONFIG, {
      ProductionVariants: [
        { InitialInstanceCount: 3, ManagedInstanceScaling: { MinInstanceCount: 3, MaxInstanceCount: 3 } },
      ],
    });
  });

  test('runs in a VPC by its configuration, and is invoked by endpoint and component', () => {
    const stack = createStack();
    synth({ ...props, network: { vpc: new Vpc(stack, 'Vpc') } }, stack).template.hasResourceProperties(
      CONFIG,
      {
        VpcConfig: { Subnets: Match.anyValue(), SecurityGroupIds: [Match.anyValue()] },
      },
    );
    expect(invokeStatements(props)).toContain(':inference-component/spam-live');
  });

  test('refuses copies that do not fit the memory of a machine without a GPU', () => {
    const copies = Hosting.components({ copiesPerMachine: 4 });
    const large = Object.create(artifact, { bytes: { value: 1.5 * 2 ** 30 } }) as VerifiedArtifact;
    expect(
      issuesOf({ hosting: copies, artifact: large, machine: findMachine('ml.m5.xlarge', 'aws') }),
    ).toEqual([
      'hosting.copiesPerMachine: is 4: each copy has 3.2 GiB of ml.m5.xlarge, and takes about 4.0 GiB',
    ]);
  });

  test('refuses more copies than fit, shares of GPUs that are none, and blue/green', () => {
    expect(
      issuesOf({
        ...props,
        hosting: Hosting.components({ copiesPerMachine: 5 }),
        replicas: { min: 0, max: 2, gpuPercent: 50 },
        release: { strategy: 'canary', stepPercent: 10 },
        queue: {},
      }),
    ).toEqual([
      'queue: watches requests that wait; only an asynchronous endpoint lets them wait',
      'replicas.gpuPercent: is not a target of an endpoint with inference components',
      'hosting.copiesPerMachine: is 5; ml.g4dn.12xlarge holds 1 to 4',
      'release.strategy: is "canary"; SageMaker replaces inference components copy by copy',
    ]);
  });
});

describe('replicas', () => {
  test.each([
    [{ min: 0 }, 'replicas.min: is 0; a real-time endpoint keeps at least one machine'],
    [{ min: 3, max: 2 }, 'replicas: has max 2 below min 3'],
    [{ max: 2 }, 'replicas: has no target: nothing tells when to scale'],
    [{ max: 2, requestsPerMinute: 5, backlog: 5 }, 'replicas: has requestsPerMinute and backlog'],
    [{ max: 2, backlog: 5 }, 'replicas.backlog: is not a target of a real-time endpoint'],
    [{ max: 2, gpuPercent: 50 }, 'replicas.gpuPercent: watches a GPU; ml.c5.xlarge has none'],
  ])('%j are refused', (replicas, message) => {
    expect(issuesOf({ replicas, machine: findMachine('ml.c5.xlarge', 'aws') })).toEqual([message]);
  });

  test('of 0 at the most are refused', () => {
    expect(issuesOf({ hosting: Hosting.components(), replicas: { min: 0, max: 0 } })).toEqual([
      'replicas: has max 0: nothing would ever serve',
    ]);
  });
});

describe('the execution provider', () => {
  test('cuda is passed to this library’s server, which then does not leave the GPU idle', () => {
    const { stack, template } = synth({
      machine: { accelerator: 't4' },
      executionProvider: 'cuda',
      environment: { EXTRA: '1' },
    });
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('gpu-idle'))).toEqual([]);
    template.hasResourceProperties('AWS::SageMaker::Model', {
      PrimaryContainer: { Environment: { MODEL_PIPELINE_EXECUTION_PROVIDER: 'cuda', EXTRA: '1' } },
    });
  });

  test('cuda is refused without a GPU, and for a runtime that chooses by itself', () => {
    const triton = Object.create(artifact, { runtime: { value: 'triton' } }) as VerifiedArtifact;
    expect(
      issuesOf({ executionProvider: 'cuda', artifact: triton, machine: findMachine('ml.c5.xlarge', 'aws') }),
    ).toEqual([
      'executionProvider: is for this library\'s server; the runtime "triton" chooses by itself',
      'executionProvider: is "cuda"; ml.c5.xlarge has no GPU',
    ]);
  });
});

test('an endpoint that exists is invoked and measured by its name', () => {
  const stack = createStack();
  const endpoint = ModelEndpoint.fromEndpointName(stack, 'Endpoint', 'spam');
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  expect(endpoint.grantInvoke(role).success).toBe(true);
  expect(stack.resolve(endpoint.endpointArn)).toEqual({
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':sagemaker:',
        { Ref: 'AWS::Region' },
        ':',
        { Ref: 'AWS::AccountId' },
        ':endpoint/spam',
      ],
    ],
  });
  expect(endpoint.metricRequests().toMetricConfig().metricStat?.dimensions).toEqual([
    { name: 'EndpointName', value: 'spam' },
    { name: 'VariantName', value: 'live' },
  ]);
  expect(endpoint.metricErrorPercent().toMetricConfig().mathExpression?.expression).toContain('requests');
  expect(endpoint.metricLatencyMs().toMetricConfig().mathExpression?.expression).toBe('latency_p99 / 1000');
});

test('every kind passes the checks of the CDK and of cfn-lint', () => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')) });
  const stack = new Stack(app, 'Test');
  const store = new ArtifactStore(stack, 'Store');
  const kinds: Record<string, Partial<ModelEndpointProps>> = {
    Challengers: {
      hosting: Hosting.realTime({
        challengers: [{ name: 'b', weight: 1, artifact: changed, image: SERVER }],
      }),
      replicas: { max: 2, concurrentRequests: 4 },
    },
    Shadow: { hosting: Hosting.realTime({ shadow: { artifact: changed, image: SERVER } }) },
    Asynchronous: { hosting: Hosting.asynchronous({ store }), replicas: { min: 0, max: 2, backlog: 5 } },
    Serverless: { hosting: Hosting.serverless({ memoryGiB: 4, maxConcurrency: 20 }) },
    Components: {
      hosting: Hosting.components(),
      machine: { accelerator: 't4' },
      replicas: { min: 0, max: 2, requestsPerMinute: 60 },
    },
  };
  for (const [id, props] of Object.entries(kinds)) {
    new ModelEndpoint(stack, id, { ...defaults, endpointName: id.toLowerCase(), ...props });
  }
  expect(lint(templatesOf(app.synth().directory))).toEqual([]);
});
