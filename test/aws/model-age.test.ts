import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import jsonata from 'jsonata';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ArtifactStore, ModelAge } from '../../lib/aws';
import { statementsOf } from './policies';
import { createStack, machineOf, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

function synth() {
  const stack = createStack();
  const encryptionKey = new Key(stack, 'Key');
  const store = new ArtifactStore(stack, 'Store');
  const age = new ModelAge(stack, 'Age', { pipeline: 'spam', store, encryptionKey });
  return { age, template: Template.fromStack(stack) };
}

const DAY = 86_400_000;

test('the age is the time since the live version was written', async () => {
  const { States } = machineOf(synth().template);
  const output = States['when was it released?']?.Output as { days: string };
  const expression = output.days.replace(/^\{%|%\}$/g, '');
  const result = { LastModified: new Date(Date.now() - 30 * DAY).toISOString() };
  expect(await jsonata(expression).evaluate({}, { states: { result } })).toBeCloseTo(30, 3);
});

test('it is measured every day, under the name of the pipeline', () => {
  const { age, template } = synth();
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'rate(1 day)',
    Target: Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('AgeStateMachine') } }),
  });
  const { States } = machineOf(template);
  expect(States.measure?.Arguments).toEqual({
    Namespace: 'ModelPipeline',
    MetricData: [
      {
        MetricName: 'ModelAgeDays',
        Dimensions: [{ Name: 'Pipeline', Value: 'spam' }],
        Value: '{% $states.input.days %}',
      },
    ],
  });
  expect(age.metricDays()).toMatchObject({
    namespace: 'ModelPipeline',
    metricName: 'ModelAgeDays',
    dimensions: { Pipeline: 'spam' },
  });
});

test('without a live version nothing is measured', () => {
  const { States } = machineOf(synth().template);
  expect(States['when was it released?']?.Catch).toEqual([
    { ErrorEquals: ['S3.NoSuchKeyException', 'S3.S3Exception'], Next: 'no version is live' },
  ]);
});

test('it reads one object, and writes one namespace', () => {
  const { template } = synth();
  const statements = statementsOf(template);
  const objects = statements.filter(({ actions }) => actions.includes('s3:GetObject'));
  expect(objects.flatMap(({ resources }) => resources)).toEqual([
    expect.stringMatching(/\/releases\/live\.json$/),
  ]);
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: 'cloudwatch:PutMetricData',
          Condition: { StringEquals: { 'cloudwatch:namespace': 'ModelPipeline' } },
        }),
      ]),
    },
  });
});

test('a pipeline measures it where the definition has levels for it', () => {
  const monitoring = { ...spamFilter.monitoring, modelAgeDays: { warning: 30 } };
  const { template } = synthPipeline({ definition: { ...spamFilter, monitoring } });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmDescription: 'Warning: Test/Pipeline ModelAge',
    Threshold: 30,
  });
  expect(JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'))).toContain('ModelAgeDays');
});
