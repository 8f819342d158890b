import { CreateEndpointConfigInput$ } from '@aws-sdk/client-sagemaker';
import { Topic } from 'aws-cdk-lib/aws-sns';
import aslValidator from 'asl-validator';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ModelPipeline, type ModelPipelineProps } from '../../lib/aws';
import { schemaErrors } from '../../lib/aws/rehearsal/sdk-schema';
import { SUPPORTED, UNSUPPORTED } from '../../lib/aws/support';
import { IssueError } from '../../lib/issue';
import { type PipelineDefinition, validateDefinition } from '../../lib/pipeline';
import { flatten } from './flatten';
import { containing } from './matchers';
import { statementsOf } from './policies';
import { createStack, SERVER, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const definition: PipelineDefinition = {
  ...spamFilter,
  deployment: {
    endpoint: {
      mode: 'asynchronous',
      machine: { accelerator: 't4', memoryGiB: 16 },
      replicas: { min: 0, max: 4, backlog: 5 },
    },
    release: { strategy: 'canary', stepPercent: 10 },
  },
  monitoring: {
    ...spamFilter.monitoring,
    queue: { backlog: { warning: 20 }, ageSeconds: { critical: 900 } },
  },
};

function issuesOf(props: Partial<ModelPipelineProps>): string[] {
  try {
    new ModelPipeline(createStack(), 'Pipeline', { definition, image: SERVER, ...props });
  } catch (error) {
    if (error instanceof IssueError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const ERRORS = 'arn:aws:sns:eu-west-1:123456789012:errors';

test('an asynchronous endpoint is a definition without problems, and carried out', () => {
  expect(validateDefinition(definition)).toEqual([]);
  expect(issuesOf({})).toEqual([]);
  expect(Object.keys(UNSUPPORTED).filter((field) => /asynchronous|backlog|queue/.test(field))).toEqual([]);
  expect(SUPPORTED).toEqual(
    expect.arrayContaining([
      'deployment.endpoint.mode',
      'deployment.endpoint.replicas.backlog',
      'monitoring.queue',
    ]),
  );
});

describe('the release workflow of an asynchronous endpoint', () => {
  const errorTopic = Topic.fromTopicArn(createStack(), 'Errors', ERRORS);
  const queue = { errorTopic, concurrentRequests: 4 };
  const { machine, template } = synthPipeline({ definition, endpointName: 'spam', queue });
  const parametersOf = (state: string) => machine.States[state]?.Parameters as Record<string, unknown>;

  test('is a valid state machine', () => {
    const { errorsText, isValid } = aslValidator(machine);
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  test('configures the queue: answers and failures in the store, under its key', () => {
    const config = parametersOf('release: create the configuration');
    expect(flatten(config.AsyncInferenceConfig)).toMatchObject({
      OutputConfig: {
        S3OutputPath: containing('/invocations/spam/answers/'),
        S3FailurePath: containing('/invocations/spam/failures/'),
        KmsKeyId: containing('StoreKey'),
        NotificationConfig: { ErrorTopic: ERRORS },
      },
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 4 },
    });
    expect(schemaErrors(CreateEndpointConfigInput$, config)).toEqual([]);
  });

  test('moves it with guardrails, from a replica of its own', () => {
    expect(parametersOf('release: update the endpoint')).toMatchObject({
      RetainAllVariantProperties: false,
      DeploymentConfig: {
        BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY' } },
        AutoRollbackConfiguration: { Alarms: expect.any(Array) as unknown },
      },
    });
  });

  test('asks the golden samples through the queue', () => {
    expect(JSON.stringify(flatten(parametersOf('release: smoke test')))).toContain(
      '/invocations/spam/requests/',
    );
    const asks = statementsOf(template).filter(({ actions }) =>
      actions.includes('sagemaker:InvokeEndpointAsync'),
    );
    expect(asks).toHaveLength(1);
    expect(JSON.stringify(template)).not.toContain('"sagemaker:InvokeEndpoint"');
  });

  test('scales on the backlog, and from no replica as soon as a request waits', () => {
    expect(parametersOf('release: scale')).toMatchObject({ MinCapacity: 0, MaxCapacity: 4 });
    expect(parametersOf('release: follow requests')).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 5,
        CustomizedMetricSpecification: { MetricName: 'ApproximateBacklogSizePerInstance' },
      },
    });
    expect(parametersOf('release: bring the first replica')).toMatchObject({
      PolicyName: 'spam-first-replica',
      StepScalingPolicyConfiguration: { StepAdjustments: [{ ScalingAdjustment: 1 }] },
    });
    expect(parametersOf('release: watch for requests without one')).toMatchObject({
      AlarmName: 'spam-no-replica',
      MetricName: 'HasBacklogWithoutCapacity',
      Dimensions: [{ Name: 'EndpointName', Value: 'spam' }],
      'AlarmActions.$': 'States.Array($.firstReplica.arn)',
    });
  });

  test('the alarm that brings a replica is the only one it may put besides those of scaling', () => {
    const alarms = statementsOf(template)
      .filter(({ actions }) => actions.join() === 'cloudwatch:PutMetricAlarm')
      .flatMap(({ resources }) => resources);
    expect(new Set(alarms)).toEqual(new Set([containing(':alarm:spam-no-replica')]));
  });

  test('alarms watch the backlog and the age of the oldest request', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    const watched = JSON.stringify(alarms);
    expect(watched).toContain('ApproximateBacklogSizePerInstance');
    expect(watched).toContain('ApproximateAgeOfOldestRequest');
  });
});

test('one that keeps a replica brings no first one, and keeps the number of them', () => {
  const endpoint = { ...definition.deployment.endpoint, replicas: { min: 1, max: 4, backlog: 5 } };
  const { machine } = synthPipeline({ definition: { ...definition, deployment: { endpoint } } });
  expect(machine.States).not.toHaveProperty('release: bring the first replica');
  expect(machine.States['release: update the endpoint']?.Parameters).toMatchObject({
    RetainAllVariantProperties: true,
  });
});

test('what an asynchronous endpoint does not have, and what only it has, is refused', () => {
  const capture = { ...definition.monitoring, capture: { samplePercent: 10 }, drift: {} };
  expect(
    issuesOf({ definition: { ...definition, monitoring: capture }, queue: { concurrentRequests: 0 } }),
  ).toEqual([
    'monitoring.capture: is not carried out: SageMaker records no requests of an asynchronous endpoint; they stay in the store',
    'monitoring.drift: is not carried out: SageMaker records no requests of an asynchronous endpoint; they stay in the store',
    'queue.concurrentRequests: is 0',
  ]);
  const realTime = { ...spamFilter, monitoring: definition.monitoring };
  expect(issuesOf({ definition: realTime, queue: {} })).toEqual([
    'monitoring.queue: watches requests that wait; only an asynchronous endpoint lets them wait',
    'queue: is of an asynchronous endpoint',
  ]);
});
