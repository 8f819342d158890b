import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { alarmLevels } from '../../lib/aws/alarm-levels';
import {
  AlarmStrategy,
  atBothLevels,
  EndpointAlarms,
  type EndpointAlarmsProps,
  findMachine,
} from '../../lib/aws';
import { createStack } from './synth';

const gpu = findMachine('ml.g4dn.12xlarge', 'aws');
const cpu = findMachine('ml.m5.large', 'aws');

const LATENCY = { warning: Duration.millis(100), critical: Duration.millis(250) };

function synth(props: Partial<EndpointAlarmsProps> = {}) {
  const stack = createStack();
  const alarms = new EndpointAlarms(stack, 'Alarms', {
    endpoint: { endpointName: 'spam', machine: gpu },
    latencyP99: LATENCY,
    serverErrorPercent: { critical: 1 },
    ...props,
  });
  return { alarms, stack, template: Template.fromStack(stack) };
}

const idsOf = ({ alarms }: { alarms: EndpointAlarms }) => alarms.alarms.map(({ node }) => node.id);

test('latency is given as a time, and held against the metric in milliseconds', () => {
  const { template } = synth();
  for (const threshold of [100, 250]) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanThreshold',
      DatapointsToAlarm: 2,
      EvaluationPeriods: 3,
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

test('the median and the overhead have alarms of their own', () => {
  const { template } = synth({
    latencyP50: { warning: Duration.millis(50) },
    overheadP99: { warning: Duration.seconds(1) },
  });
  const measuredBy = (Threshold: number, Expression: string) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold,
      Metrics: Match.arrayWith([Match.objectLike({ Expression })]),
    });
  };
  measuredBy(50, 'latency_p50 / 1000');
  measuredBy(1000, 'overhead_p99 / 1000');
});

test.each([
  ['serverErrorPercent', 'Invocation5XXErrors', 'errors_5xx'],
  ['clientErrorPercent', 'Invocation4XXErrors', 'errors_4xx'],
] as const)('%s is a share of the requests, and none where there are no requests', (name, MetricName, id) => {
  synth({ [name]: { critical: 7 } }).template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 7,
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: `IF(requests > 0, 100 * FILL(${id}, 0) / requests, 0)` }),
      Match.objectLike({ MetricStat: Match.objectLike({ Metric: Match.objectLike({ MetricName }) }) }),
    ]),
  });
});

test('silence is no request in the time, or no measurement', () => {
  synth({ silence: { warning: Duration.hours(1) } }).template.hasResourceProperties(
    'AWS::CloudWatch::Alarm',
    {
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      EvaluationPeriods: 1,
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'FILL(requests, 0)' }),
        Match.objectLike({ MetricStat: Match.objectLike({ Period: 3600, Stat: 'Sum' }) }),
      ]),
    },
  );
});

test('utilisation is divided by the number of devices', () => {
  const { template } = synth({
    cpuPercent: { warning: 80 },
    memoryPercent: { warning: 80 },
    diskPercent: { warning: 80 },
    gpuPercent: { critical: 95 },
    gpuMemoryPercent: { critical: 95 },
  });
  const alarms = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));
  const expressions = alarms.match(/\w+ \/ \d+(?=")/g);
  expect(expressions?.filter((text) => !text.startsWith('latency')).sort()).toEqual([
    'cpu / 48',
    'disk / 1',
    'gpu / 4',
    'gpuMemory / 4',
    'memory / 1',
  ]);
});

test('requests that wait are counted per replica, and timed', () => {
  const { template } = synth({ backlog: { warning: 5 }, queueAge: { critical: Duration.minutes(2) } });
  const measures = (Threshold: number, MetricName: string) => {
    const Metric = { MetricName, Dimensions: [{ Name: 'EndpointName', Value: 'spam' }] };
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold,
      Metrics: [Match.objectLike({ MetricStat: Match.objectLike({ Metric: Match.objectLike(Metric) }) })],
    });
  };
  measures(5, 'ApproximateBacklogSizePerInstance');
  measures(120, 'ApproximateAgeOfOldestRequest');
});

test('another variant is watched by its name', () => {
  const { template } = synth({ endpoint: { endpointName: 'spam', machine: cpu, variantName: 'challenger' } });
  const alarms = JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'));
  expect(alarms).toContain('{"Name":"VariantName","Value":"challenger"}');
  expect(alarms).not.toContain('"live"');
});

test('an alarm on a GPU that is not there is refused', () => {
  const endpoint = { endpointName: 'spam', machine: cpu };
  expect(() => synth({ endpoint, gpuPercent: { warning: 80 } })).toThrow(
    'alarms "Test/Alarms": 1 problem\n' +
      '  alarms.gpuPercent: watches a GPU; ml.m5.large has none [alarm-without-gpu]\n' +
      '    fix: Remove the field, or ask for an accelerator.',
  );
  expect(() => synth({ endpoint: { endpointName: 'spam' }, gpuPercent: { warning: 80 } })).toThrow(
    'watches a GPU; a serverless endpoint has none',
  );
});

test('alarms without a level are refused', () => {
  expect(() => synth({ latencyP99: undefined, serverErrorPercent: undefined })).toThrow(
    'alarms "Test/Alarms": 1 problem\n' +
      '  alarms: have no level: nothing is watched [no-alarms]\n' +
      '    fix: Give at least one, like serverErrorPercent: { critical: 1 }.',
  );
});

test('releases are turned back by the most severe alarms on latency and errors', () => {
  const ids = ({ alarms }: { alarms: EndpointAlarms }) => alarms.rollback.map(({ node }) => node.id);
  expect(ids(synth({ cpuPercent: { critical: 90 } }))).toEqual(['LatencyCritical', 'ErrorsCritical']);
  expect(ids(synth({ latencyP99: { warning: Duration.millis(100) } }))).toEqual([
    'LatencyWarning',
    'ErrorsCritical',
  ]);
});

describe('the composite alarm', () => {
  const rule = (props: Partial<EndpointAlarmsProps>) =>
    JSON.stringify(synth(props).template.findResources('AWS::CloudWatch::CompositeAlarm'));

  test('is over the critical alarms', () => {
    expect(rule({})).toMatch(/LatencyCritical.*OR.*ErrorsCritical/);
    expect(rule({})).not.toContain('Warning');
  });

  test('is over all where none is critical', () => {
    const warning = { latencyP99: { warning: Duration.millis(100) }, serverErrorPercent: { warning: 1 } };
    expect(rule(warning)).toMatch(/LatencyWarning.*OR.*ErrorsWarning/);
  });
});

describe('a strategy', () => {
  const actionsOf = (props: (stack: ReturnType<typeof createStack>) => Partial<EndpointAlarmsProps>) => {
    const stack = createStack();
    new EndpointAlarms(stack, 'Alarms', {
      endpoint: { endpointName: 'spam' },
      latencyP99: LATENCY,
      ...props(stack),
    });
    const alarms = Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm');
    return Object.entries(alarms).map(([id, { Properties }]) => {
      const { AlarmActions = [], OKActions = [] } = Properties as Record<string, unknown[]>;
      return [id.replace(/^Alarms|.{8}$/g, ''), AlarmActions.length, OKActions.length];
    });
  };

  test('that notifies tells of the end too', () => {
    expect(
      actionsOf((stack) => ({ actions: atBothLevels(AlarmStrategy.notify(new Topic(stack, 'Topic'))) })),
    ).toEqual([
      ['LatencyWarning', 1, 1],
      ['LatencyCritical', 1, 1],
    ]);
  });

  test('holds for its level', () => {
    const handler = (stack: ReturnType<typeof createStack>) =>
      new Function(stack, 'Handler', {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromInline('exports.handler = () => {};'),
      });
    const page = AlarmStrategy.of({ bind: () => ({ alarmActionArn: 'arn:page' }) });
    expect(
      actionsOf((stack) => ({ actions: { critical: [AlarmStrategy.invoke(handler(stack)), page] } })),
    ).toEqual([
      ['LatencyWarning', 0, 0],
      ['LatencyCritical', 2, 0],
    ]);
  });
});

test('a definition gives every level there is', () => {
  const levels = { warning: 1, critical: 2 };
  const resources = {
    cpuPercent: levels,
    memoryPercent: levels,
    diskPercent: levels,
    gpuPercent: levels,
    gpuMemoryPercent: levels,
  };
  const definition = alarmLevels({
    performance: {
      latencyP99Ms: levels,
      errorPercent: levels,
      latencyP50Ms: levels,
      overheadP99Ms: levels,
      clientErrorPercent: levels,
      silenceMinutes: levels,
    },
    resources,
    queue: { backlog: levels, ageSeconds: levels },
  });
  expect(idsOf(synth(definition))).toEqual(
    [
      ['Latency', 'Errors', 'MedianLatency', 'Overhead', 'ClientErrors', 'Silence'],
      ['Cpu', 'Memory', 'Disk', 'Gpu', 'GpuMemory', 'Backlog', 'QueueAge'],
    ]
      .flat()
      .flatMap((name) => [`${name}Warning`, `${name}Critical`]),
  );
  expect(alarmLevels({ performance: { latencyP99Ms: { critical: 2 }, errorPercent: levels } })).toMatchObject(
    {
      latencyP99: { warning: undefined, critical: Duration.millis(2) },
    },
  );
});
