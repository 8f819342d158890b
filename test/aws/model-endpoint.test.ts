import { join } from 'node:path';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import { VerifiedArtifact } from '../../lib/artifact/verified-artifact';
import { ArtifactStore, ModelEndpoint, type ModelEndpointProps } from '../../lib/aws';
import { statementsOf } from './policies';
import { createStack, SERVER } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const VERSIONS = join(__dirname, '..', 'fixtures', 'versions');
const artifact = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter'));
const changed = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter-changed'));

const defaults: ModelEndpointProps = {
  artifact,
  image: SERVER,
  machine: { accelerator: 't4', memoryGiB: 16 },
  performance: { latencyP99Ms: { warning: 100, critical: 250 }, errorPercent: { critical: 1 } },
};

function synth(props: Partial<ModelEndpointProps> = {}, stack: Stack = createStack()) {
  const endpoint = new ModelEndpoint(stack, 'Endpoint', { ...defaults, ...props });
  return { endpoint, stack, template: Template.fromStack(stack) };
}

function idOf(template: Template, type: string): string {
  return Object.keys(template.findResources(type))[0] ?? '';
}

describe('the model', () => {
  test('is in the template by its digest', () => {
    const { template } = synth();
    const tags = Match.arrayWith([{ Key: 'model-pipeline:digest', Value: artifact.digest }]);
    template.hasResource('AWS::SageMaker::Model', {
      Metadata: { digest: `sha256:${artifact.digest}` },
      Properties: {
        PrimaryContainer: {
          Environment: { MODEL_PIPELINE_DIGEST: artifact.digest, MODEL_PIPELINE_EXPECT: artifact.version },
          ModelDataUrl: { 'Fn::Sub': Match.stringLikeRegexp('\\.gz$') },
        },
        Tags: tags,
      },
    });
    template.hasResourceProperties('AWS::SageMaker::Endpoint', { Tags: tags });
  });

  test('that differs by one weight replaces model and configuration, never the endpoint', () => {
    const [before, after] = [synth().template, synth({ artifact: changed }).template];
    expect(idOf(before, 'AWS::SageMaker::Model')).toMatch(new RegExp(`Model${artifact.digest.slice(0, 12)}`));
    expect(idOf(after, 'AWS::SageMaker::Model')).toMatch(new RegExp(`Model${changed.digest.slice(0, 12)}`));
    expect(idOf(after, 'AWS::SageMaker::EndpointConfig')).not.toBe(
      idOf(before, 'AWS::SageMaker::EndpointConfig'),
    );
    expect(idOf(after, 'AWS::SageMaker::Endpoint')).toBe(idOf(before, 'AWS::SageMaker::Endpoint'));
    expect(idOf(before, 'AWS::SageMaker::Endpoint')).toBe('Endpoint8024A810');
  });

  test('that was not verified is refused', () => {
    const unverified: Partial<ModelEndpointProps> = JSON.parse(JSON.stringify({ artifact })) as object;
    expect(() => synth(unverified)).toThrow(
      'endpoint "Test/Endpoint": 1 problem\n' +
        '  artifact: is not a verified artifact [artifact-not-verified]\n' +
        '    fix: Pass VerifiedArtifact.fromDirectory(directory) of a registered version, or a ServedLanguageModel.',
    );
  });

  test('that does not fit the machine is refused', () => {
    const large = Object.create(artifact, { bytes: { value: 20 * 2 ** 30 } }) as VerifiedArtifact;
    expect(() => synth({ artifact: large })).toThrow(
      /machine: serving a model of 20\.0 GiB takes about 25\.0 GiB of memory; each t4 of ml\.g4dn\.xlarge has 14 GiB/,
    );
  });

  test('gets the time that its size needs to be downloaded and to start', () => {
    const large = Object.create(artifact, { bytes: { value: 10 * 2 ** 30 } }) as VerifiedArtifact;
    const { template } = synth({ artifact: large });
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [
        {
          VariantName: 'live',
          InstanceType: 'ml.g4dn.xlarge',
          InitialInstanceCount: 1,
          ModelDataDownloadTimeoutInSeconds: 1112,
          ContainerStartupHealthCheckTimeoutInSeconds: 1112,
        },
      ],
    });
  });
});

describe('a deployment', () => {
  test('is turned back by the critical alarms', () => {
    const { template } = synth({ release: { strategy: 'canary', stepPercent: 10, waitMinutes: 5 } });
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      EndpointName: 'test-endpoint-0fbd4e12',
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY',
            CanarySize: { Type: 'CAPACITY_PERCENT', Value: 10 },
            WaitIntervalInSeconds: 300,
          },
          MaximumExecutionTimeoutInSeconds: 4200,
        },
        AutoRollbackConfiguration: {
          Alarms: [
            { AlarmName: { Ref: Match.stringLikeRegexp('LatencyCritical') } },
            { AlarmName: { Ref: Match.stringLikeRegexp('ErrorsCritical') } },
          ],
        },
      },
    });
  });

  test('watches alarms that name the endpoint, and do not refer to it', () => {
    const { template } = synth();
    const alarms = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms).toContain('{"Name":"EndpointName","Value":"test-endpoint-0fbd4e12"}');
    expect(alarms).not.toContain('Endpoint8024A810');
  });

  test('beyond what the guardrails take is refused, all of it at once', () => {
    expect(() => synth({ release: { strategy: 'linear', stepPercent: 5, waitMinutes: 61 } })).toThrow(
      'endpoint "Test/Endpoint": 3 problems\n' +
        '  release.stepPercent: is 5; SageMaker takes 10 to 50 for "linear" [guardrail-step]\n' +
        '    fix: Choose a value from 10 to 50.\n' +
        '  release.waitMinutes: is 61; SageMaker waits 0 to 60 minutes after a step [guardrail-wait]\n' +
        '    fix: Choose a value from 0 to 60.\n' +
        '  release: waits 1220 minutes in all; SageMaker ends a deployment after 480 minutes, and starting the machines takes about 10 [guardrail-duration]\n' +
        '    fix: Take larger steps, or wait less after each.',
    );
  });
});

test.each(['Spam', 'spam_filter', '-spam', 'a'.repeat(64)])('the name %s is refused', (endpointName) => {
  expect(() => synth({ endpointName })).toThrow(
    `  endpointName: is "${endpointName}" [name-invalid]\n` +
      '    fix: Choose a literal of at most 63 of a–z, 0–9 and "-", that begins and ends with none of "-".',
  );
});

test('its log is kept for a year', () => {
  synth({ endpointName: 'spam' }).template.hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: '/aws/sagemaker/Endpoints/spam',
    RetentionInDays: 365,
  });
});

describe('encryption of the disks', () => {
  test('uses the key where the disks are EBS volumes', () => {
    const stack = createStack();
    const encryptionKey = new Key(stack, 'Key');
    const { template } = synth({ machine: { accelerator: 'cpu' }, encryptionKey }, stack);
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
    });
  });

  test('has a key of its own where none is given', () => {
    const { template } = synth({ machine: { accelerator: 'cpu' } });
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^EndpointKey'), 'Arn'] },
    });
  });

  test('is left to machines that encrypt local disks with a key of their own', () => {
    const stack = createStack();
    const { template } = synth({ encryptionKey: new Key(stack, 'Key') }, stack);
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', { KmsKeyId: Match.absent() });
  });
});

describe('scaling', () => {
  test('follows the requests, and survives a deployment', () => {
    const { template } = synth({ replicas: { min: 2, max: 5, requestsPerMinute: 600 } });
    template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      Tags: Match.arrayWith([
        { Key: 'model-pipeline:scaling:live', Value: 'min=2 max=5 metric=requestsPerMinute target=600' },
      ]),
    });
    template.hasResourceProperties('AWS::SageMaker::Endpoint', { RetainAllVariantProperties: true });
  });

  test('is not there where the number of replicas is fixed', () => {
    const { template } = synth({ replicas: { min: 3 } });
    template.resourceCountIs('Custom::EndpointScaling', 0);
    template.resourceCountIs('AWS::Lambda::Function', 0);
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.hasResourceProperties('AWS::SageMaker::Endpoint', { RetainAllVariantProperties: false });
  });
});

test('requests and responses are recorded in the store when asked for', () => {
  const stack = createStack();
  const store = new ArtifactStore(stack, 'Store');
  const { template } = synth({ capture: { store, samplePercent: 12.5 } }, stack);
  template.hasResourceProperties('AWS::SageMaker::EndpointConfig', {
    DataCaptureConfig: {
      EnableCapture: true,
      InitialSamplingPercentage: 13,
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
      CaptureContentTypeHeader: { JsonContentTypes: ['application/json'] },
    },
  });
  const written = statementsOf(template).filter(({ actions }) => actions.includes('s3:PutObject'));
  expect(written.flatMap(({ resources }) => resources)).toEqual([
    expect.stringMatching(/\/capture\/test-endpoint-0fbd4e12\/\*$/),
  ]);
});

test('its role reads its own archive, and no other object', () => {
  const read = statementsOf(synth().template).filter(({ actions }) => actions.includes('s3:GetObject'));
  expect(read.flatMap(({ resources }) => resources)).toEqual([expect.stringMatching(/\/[0-9a-f]{64}\.gz$/)]);
});

test('runs in a VPC when asked to', () => {
  const stack = createStack({ account: '123456789012', region: 'eu-central-1' });
  const { template } = synth({ network: { vpc: new Vpc(stack, 'Vpc') } }, stack);
  template.hasResourceProperties('AWS::SageMaker::Model', {
    VpcConfig: { Subnets: Match.anyValue(), SecurityGroupIds: [Match.anyValue()] },
  });
});

test('lets whom it is told to send requests', () => {
  const stack = createStack();
  const { endpoint } = synth({}, stack);
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  expect(endpoint.grantInvoke(role).success).toBe(true);
});

test('measures latency in milliseconds', () => {
  const { endpoint, stack } = synth();
  expect(stack.resolve(endpoint.metricLatencyMs().toMetricConfig().mathExpression)).toMatchObject({
    expression: 'latency_p99 / 1000',
  });
});

describe('a GPU that this library’s server would not use', () => {
  const warnings = (props: Partial<ModelEndpointProps>) =>
    Annotations.fromStack(synth(props).stack).findWarning('*', Match.stringLikeRegexp('gpu-idle'));

  test('is warned of', () => {
    expect(warnings({})[0]?.entry.data).toBe(
      'the runtime "onnx" runs models on the CPU: the t4 of ml.g4dn.xlarge stays idle. Choose the runtime ' +
        '"triton" to use it, or a machine without one to save it. [ack: cdk-model-pipeline:gpu-idle]',
    );
  });

  test('is none on a machine without one', () => {
    expect(warnings({ machine: { memoryGiB: 16 } })).toEqual([]);
  });
});
