import { Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EndpointAlarms, type EndpointAlarmsProps, findMachine } from '../../lib/aws';
import { createStack } from './synth';

const gpu = findMachine('ml.g4dn.12xlarge', 'aws');
const cpu = findMachine('ml.m5.large', 'aws');

function synth(props: Partial<EndpointAlarmsProps> = {}, machine = gpu) {
  if (!machine) throw new Error('the catalogue lacks a machine');
  const stack = createStack();
  const alarms = new EndpointAlarms(stack, 'Alarms', {
    endpoint: { endpointName: 'spam', machine },
    performance: { latencyP99Ms: { warning: 100, critical: 250 }, errorPercent: { critical: 1 } },
    topic: new Topic(stack, 'Topic'),
    ...props,
  });
  return { alarms, template: Template.fromStack(stack) };
}

test('latency is held against its levels in milliseconds', () => {
  const { template } = synth();
  for (const threshold of [100, 250]) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'latency_p99 / 1000' }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            Metric: Match.objectLike({ Namespace: 'AWS/SageMaker', MetricName: 'ModelLatency' }),
            Stat: 'p99',
          }),
        }),
      ]),
    });
  }
});

test('errors are a share of the requests, and none where there are no requests', () => {
  synth().template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 1,
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)' }),
    ]),
  });
});

test('utilisation is divided by the number of devices', () => {
  const resources = {
    cpuPercent: { warning: 80 },
    memoryPercent: { warning: 80 },
    gpuPercent: { critical: 95 },
  };
  const { template } = synth({ resources });
  const expressions = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm')).match(
    /\w+ \/ \d+(?=")/g,
  );
  expect(expressions?.filter((text) => !text.startsWith('latency')).sort()).toEqual([
    'cpu / 48',
    'gpu / 4',
    'memory / 1',
  ]);
});

test('a machine without a GPU has no alarms on one', () => {
  const { alarms } = synth({ resources: { gpuPercent: { warning: 80 }, cpuPercent: { warning: 80 } } }, cpu);
  expect(alarms.alarms.map(({ node }) => node.id)).toEqual([
    'LatencyWarning',
    'LatencyCritical',
    'ErrorsCritical',
    'CpuWarning',
  ]);
});

test('releases are turned back by the most severe alarms on latency and errors', () => {
  const ids = ({ alarms }: { alarms: EndpointAlarms }) => alarms.rollback.map(({ node }) => node.id);
  expect(ids(synth())).toEqual(['LatencyCritical', 'ErrorsCritical']);
  const performance = { latencyP99Ms: { warning: 100 }, errorPercent: { critical: 1 } };
  expect(ids(synth({ performance }))).toEqual(['LatencyWarning', 'ErrorsCritical']);
});

test('the topic hears of every alarm and of its end', () => {
  synth().template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [{ Ref: 'TopicBFC7AF6E' }],
    OKActions: [{ Ref: 'TopicBFC7AF6E' }],
  });
});
