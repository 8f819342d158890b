import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { App } from 'aws-cdk-lib/core';
import { VerifiedArtifact } from '../../lib/artifact/verified-artifact';
import { ModelEndpoint, type ModelEndpointProps } from '../../lib/aws';
import { lint, templatesOf } from './cfn-lint';
import { statementsOf } from './policies';
import { createStack, SERVER } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));
jest.setTimeout(60_000);

const artifact = VerifiedArtifact.fromDirectory(join(__dirname, '..', 'fixtures', 'versions', 'spam-filter'));

const RESOURCE = 'Custom::EndpointScaling';
const AT = ':eu-central-1:123456789012:';
const SCALABLE_TARGETS = `application-autoscaling${AT}scalable-target/*`;

function synth(props: Partial<ModelEndpointProps> = {}, stack = createStack()) {
  const endpoint = new ModelEndpoint(stack, 'Endpoint', {
    endpointName: 'spam',
    artifact,
    image: SERVER,
    machine: { accelerator: 't4' },
    replicas: { min: 1, max: 3, requestsPerMinute: 600 },
    performance: { latencyP99Ms: { critical: 250 }, errorPercent: { critical: 1 } },
    ...props,
  });
  return { endpoint, stack, template: Template.fromStack(stack) };
}

interface Found {
  readonly DependsOn?: readonly string[];
}

function ofType(template: Template, type: string): readonly (readonly [id: string, resource: Found])[] {
  return Object.entries(template.findResources(type) as Record<string, Found>);
}

test('the endpoint waits for what keeps its scaling, and for what may do so', () => {
  const { template } = synth();
  const [[, endpoint] = []] = ofType(template, 'AWS::SageMaker::Endpoint');
  const needed = [RESOURCE, 'AWS::Events::Rule', 'AWS::Lambda::Permission', 'AWS::Lambda::Function'].map(
    (type) => ofType(template, type)[0]?.[0],
  );
  expect(endpoint?.DependsOn).toEqual(expect.arrayContaining(needed));
  const [[, fn] = []] = ofType(template, 'AWS::Lambda::Function');
  expect(fn?.DependsOn).toEqual([expect.stringMatching(/RoleDefaultPolicy/), expect.stringMatching(/Role/)]);
});

test('another configuration, and other bounds of the same, call the function', () => {
  synth().template.hasResourceProperties(RESOURCE, {
    EndpointName: 'spam',
    EndpointConfigName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^EndpointConfig'), 'EndpointConfigName'] },
    Scaling: [
      { key: 'model-pipeline:scaling:live', value: 'min=1 max=3 metric=requestsPerMinute target=600' },
    ],
    ServiceTimeout: '900',
  });
});

test('an endpoint that has come into service calls the function', () => {
  synth().template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.sagemaker'],
      'detail-type': ['SageMaker Endpoint State Change'],
      detail: { EndpointName: ['spam'], EndpointStatus: ['IN_SERVICE', 'InService'] },
    },
    Targets: [{ Input: '{"endpointName":"spam"}' }],
  });
});

test('the function may do this, and nothing else', () => {
  const { template } = synth();
  const statements = statementsOf(template)
    .filter(({ holder }) => holder.startsWith('EndpointScaling'))
    .flatMap(({ actions, resources, condition }) =>
      actions.flatMap((action) =>
        resources.map((resource) => ({
          action,
          resource: resource.replace('arn:aws:', ''),
          condition,
        })),
      ),
    );
  const allowed = (service: string) =>
    statements
      .filter(({ action }) => action.startsWith(`${service}:`))
      .map(({ action, resource }) => `${action.slice(service.length + 1)} ${resource}`);
  expect(allowed('sagemaker').sort()).toEqual([
    `DescribeEndpoint sagemaker${AT}endpoint/spam`,
    `DescribeEndpointConfig sagemaker${AT}endpoint-config/*`,
    `ListTags sagemaker${AT}endpoint-config/*`,
    `UpdateEndpointWeightsAndCapacities sagemaker${AT}endpoint/spam`,
  ]);
  expect(allowed('application-autoscaling').sort()).toEqual([
    `DeregisterScalableTarget ${SCALABLE_TARGETS}`,
    'DescribeScalableTargets *',
    `PutScalingPolicy ${SCALABLE_TARGETS}`,
    `RegisterScalableTarget ${SCALABLE_TARGETS}`,
  ]);
  expect(allowed('cloudwatch').sort()).toEqual([
    `DeleteAlarms cloudwatch${AT}alarm:TargetTracking-endpoint/spam/*`,
    `DeleteAlarms cloudwatch${AT}alarm:spam-no-replica`,
    `DescribeAlarms cloudwatch${AT}alarm:TargetTracking-endpoint/spam/*`,
    `PutMetricAlarm cloudwatch${AT}alarm:TargetTracking-endpoint/spam/*`,
    `PutMetricAlarm cloudwatch${AT}alarm:spam-no-replica`,
  ]);
  expect(allowed('iam')).toEqual([expect.stringMatching(/^CreateServiceLinkedRole .*_SageMakerEndpoint$/)]);
  const services = new Set(statements.map(({ action }) => action.split(':')[0]));
  expect([...services].sort()).toEqual([
    'application-autoscaling',
    'cloudwatch',
    'iam',
    'logs',
    'sagemaker',
    'xray',
  ]);
  for (const { action, resource, condition } of statements) {
    if (resource === SCALABLE_TARGETS)
      expect([action, condition]).toEqual([
        action,
        { StringEquals: { 'application-autoscaling:service-namespace': 'sagemaker' } },
      ]);
  }
});

test('its log has the key of the endpoint’s, and its errors can be watched', () => {
  const stack = createStack();
  const { endpoint, template } = synth({ logEncryptionKey: new Key(stack, 'Key') }, stack);
  for (const [, log] of ofType(template, 'AWS::Logs::LogGroup'))
    expect(log).toMatchObject({ Properties: { KmsKeyId: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } });
  expect(endpoint.scaling?.metricErrors()).toMatchObject({ namespace: 'AWS/Lambda', metricName: 'Errors' });
  expect(synth({ replicas: { min: 2 } }).endpoint.scaling).toBeUndefined();
});

test('is the same at every synth, and what CloudFormation takes', () => {
  const { stack, template } = synth();
  const outdir = App.of(stack)?.synth().directory ?? '';
  expect(synth().template.toJSON()).toEqual(template.toJSON());
  expect(lint(templatesOf(outdir))).toEqual([]);
});
