import { Match, Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { PipelineAlarms, type PipelineAlarmsProps } from '../../lib/aws';
import { createStack } from './synth';

function synth(props: (stack: Stack) => Partial<PipelineAlarmsProps> = () => ({})) {
  const stack = createStack();
  const runs = StateMachine.fromStateMachineName(stack, 'Machine', 'spam');
  const alarms = new PipelineAlarms(stack, 'Alarms', {
    pipeline: 'spam',
    stateMachines: { Runs: runs },
    ...props(stack),
  });
  return { alarms, template: Template.fromStack(stack) };
}

const measuring = (metric: object) => ({
  Metrics: [Match.objectLike({ MetricStat: Match.objectLike({ Metric: Match.objectLike(metric) }) })],
});

test('a run that fails or takes too long is critical', () => {
  const { alarms, template } = synth();
  expect(alarms.alarms.map(({ node }) => node.id)).toEqual(['RunsCritical', 'JobsWarning']);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 0,
    EvaluationPeriods: 1,
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: 'FILL(failed, 0) + FILL(late, 0)' }),
      Match.objectLike({
        MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: 'ExecutionsFailed' }) }),
      }),
      Match.objectLike({
        MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName: 'ExecutionsTimedOut' }) }),
      }),
    ]),
  });
});

test('a function that fails is a warning', () => {
  const { template } = synth((stack) => ({
    functions: { Verify: Function.fromFunctionName(stack, 'Verify', 'verify') },
  }));
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmDescription: 'Warning: Test Verify',
    MetricName: 'Errors',
    Namespace: 'AWS/Lambda',
    Threshold: 0,
  });
});

test('a job that fails is seen by the name of its pipeline', () => {
  const { template } = synth();
  const failed = (kind: string) => ({
    [`${kind}JobName`]: [{ prefix: 'spam-' }],
    [`${kind}JobStatus`]: ['Failed'],
  });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.sagemaker'],
      detail: { $or: [failed('HyperParameterTuning'), failed('Processing'), failed('Training')] },
    },
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...measuring({
      Namespace: 'AWS/Events',
      MetricName: 'MatchedEvents',
      Dimensions: [{ Name: 'RuleName', Value: { Ref: Match.stringLikeRegexp('FailedJobs') } }],
    }),
  });
});

test('a model that grows old is told in days', () => {
  const { template } = synth(() => ({
    modelAge: {
      metric: new Metric({ namespace: 'ModelPipeline', metricName: 'ModelAgeDays' }),
      levels: { warning: Duration.days(30), critical: Duration.days(90) },
    },
  }));
  for (const Threshold of [30, 90]) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ModelAgeDays', Threshold });
  }
});
