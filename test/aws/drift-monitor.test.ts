import { Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import aslValidator from 'asl-validator';
import jsonata from 'jsonata';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { AlarmStrategy, ArtifactStore, atBothLevels, DriftMonitor } from '../../lib/aws';
import type { State } from '../../lib/aws/asl';
import type { Drift, PipelineDefinition } from '../../lib/pipeline';
import { statementsOf } from './policies';
import { createStack, machineOf, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const having = (drift: Drift): PipelineDefinition => ({
  ...spamFilter,
  monitoring: { ...spamFilter.monitoring, capture: { samplePercent: 10 }, drift },
});

function synth(drift: Drift = {}) {
  const stack = createStack();
  const store = new ArtifactStore(stack, 'Store');
  const topic = new Topic(stack, 'Topic');
  const monitor = new DriftMonitor(stack, 'Drift', {
    definition: having(drift),
    store,
    endpointName: 'spam',
    actions: atBothLevels(AlarmStrategy.notify(topic)),
  });
  const template = Template.fromStack(stack);
  return { monitor, template, States: machineOf(template).States };
}

/** The value of an expression, `{% … %}`, with what its state reads. */
async function evaluate(expression: unknown, states: object): Promise<unknown> {
  const compiled = jsonata(String(expression).replace(/^\{%|%\}$/g, ''));
  compiled.registerFunction('parse', (text: string) => JSON.parse(text) as unknown);
  // The evaluator marks its arrays; JSON knows none of that.
  return JSON.parse(JSON.stringify(await compiled.evaluate({}, { states }))) as unknown;
}

const { States } = synth({ everyHours: 36 });
const stateOf = (name: string): State => {
  const state = States[name];
  if (state === undefined) throw new Error(`there is no state ${name}`);
  return state;
};

test('the state machine is valid', () => {
  const { errorsText, isValid } = aslValidator(machineOf(synth().template));
  expect(errorsText('\n')).toBe('');
  expect(isValid).toBe(true);
});

test('a check looks at every day that its hours reach into', async () => {
  const { days } = stateOf('which version is live?').Output as { days: string };
  const isoDay = (ago: number) =>
    new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '/');
  expect(await evaluate(days, {})).toEqual([isoDay(0), isoDay(1), isoDay(2)]);
});

test('a version that is live is read, and days with requests are kept', async () => {
  const { version } = stateOf('which version is live?').Output as { version: string };
  expect(await evaluate(version, { result: { Body: '{"version": "0123456789ab"}' } })).toBe('0123456789ab');
  const map = stateOf('which days have requests?') as unknown as {
    ItemProcessor: { States: { look: { Arguments: { Prefix: string }; Output: Record<string, string> } } };
    Output: { days: string; fixed: { InputName: string; S3Input: { S3Uri: string } }[] };
  };
  const { look } = map.ItemProcessor.States;
  expect(await evaluate(look.Arguments.Prefix, { input: '2026/11/23' })).toBe(
    'capture/spam/live/2026/11/23/',
  );
  expect(await evaluate(look.Output.found, { result: { KeyCount: 0 } })).toBe(false);
  const result = [
    { day: 'a', found: true },
    { day: 'b', found: false },
  ];
  expect(await evaluate(map.Output.days, { result })).toEqual(['a']);
  expect(await evaluate(map.Output.days, { result: [{ day: 'b', found: false }] })).toEqual([]);
  const [code, baseline, preprocessing] = map.Output.fixed;
  expect(code?.InputName).toBe('code');
  const input = { version: '0123456789ab' };
  expect(await evaluate(baseline?.S3Input.S3Uri, { input })).toMatch(
    /^s3:\/\/.+\/baselines\/0123456789ab\/$/,
  );
  expect(await evaluate(preprocessing?.S3Input.S3Uri, { input })).toMatch(
    /\/models\/0123456789ab\/preprocessing\/$/,
  );
});

test('each day with requests is an input of the job, below one directory', async () => {
  const [any] = stateOf('any?').Choices as { Condition: string; Output: { inputs: string }; Next: string }[];
  const fixed = [{ S3Input: {} }, { S3Input: { S3Uri: 's3://bucket/baselines/0123456789ab/' } }];
  const input = { days: ['2026/11/23'], fixed };
  expect(await evaluate(any?.Condition, { input })).toBe(true);
  expect(await evaluate(any?.Condition, { input: { days: [] } })).toBe(false);
  expect(await evaluate(any?.Output.inputs, { input })).toEqual([
    ...fixed,
    {
      InputName: 'capture-0',
      S3Input: {
        S3Uri: 's3://bucket/capture/spam/live/2026/11/23/',
        LocalPath: '/opt/ml/processing/input/capture/0',
        S3DataType: 'S3Prefix',
        S3InputMode: 'File',
      },
    },
  ]);
  expect(any?.Next).toBe('compare');
  expect(stateOf('any?')).toMatchObject({ Default: 'publish', Output: { samples: 0 } });
  const { ProcessingInputs, ...parameters } = stateOf('compare').Parameters as Record<string, unknown>;
  expect(ProcessingInputs).toBeUndefined();
  expect(parameters['ProcessingInputs.$']).toBe('$.inputs');
});

test('what was measured is published; without enough samples that is their number alone', async () => {
  const { MetricData } = stateOf('publish').Arguments as { MetricData: string };
  const metric = (MetricName: string, Value: number) => ({
    MetricName,
    Dimensions: [{ Name: 'Pipeline', Value: 'spam-filter' }],
    Value,
  });
  const input = { samples: 300, malformed: 1, psi_max: 0.3, psi_input: 0.3, psi_prediction: 0.2 };
  expect(await evaluate(MetricData, { input })).toEqual([
    metric('DriftSamples', 300),
    metric('PopulationStability', 0.3),
    metric('PredictionStability', 0.2),
  ]);
  expect(await evaluate(MetricData, { input: { samples: 3, malformed: 0 } })).toEqual([
    metric('DriftSamples', 3),
  ]);
  const { Key } = stateOf('read').Arguments as { Key: string };
  expect(await evaluate(Key, { context: { Execution: { Name: 'run-1' } } })).toBe(
    'drift/spam-filter/run-1/metrics/metrics.json',
  );
});

test('without a live version nothing is checked', () => {
  expect(stateOf('which version is live?').Catch).toEqual([
    { ErrorEquals: ['S3.NoSuchKeyException', 'S3.S3Exception'], Next: 'no version is live' },
  ]);
});

test('a schedule with a role of its own starts the checks', () => {
  const { template } = synth();
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'rate(1 day)',
    Target: Match.objectLike({
      RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DriftScheduleRole'), 'Arn'] },
    }),
  });
  const starts = statementsOf(template).filter(({ actions }) => actions.includes('states:StartExecution'));
  expect(starts.flatMap(({ actions }) => actions)).toEqual(['states:StartExecution']);
});

test('an alarm stays until the next check', () => {
  const { template, monitor } = synth({ populationStability: { critical: 0.5 } });
  template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Metrics: [
      Match.objectLike({
        MetricStat: {
          Metric: Match.objectLike({ MetricName: 'PopulationStability', Namespace: 'ModelPipeline' }),
          Period: 86_400,
          Stat: 'Maximum',
        },
      }),
    ],
    Threshold: 0.5,
    TreatMissingData: 'ignore',
    AlarmActions: [Match.anyValue()],
  });
  expect(monitor.metricPredictionStability()).toMatchObject({ metricName: 'PredictionStability' });
  expect(monitor.metricSamples()).toMatchObject({ metricName: 'DriftSamples' });
  synth().template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
});

test('the job reads requests, baselines and preprocessing, and writes its report', () => {
  const statements = statementsOf(synth().template);
  const objects = (action: string) =>
    statements
      .filter(({ actions }) => actions.includes(action))
      .flatMap(({ resources }) => resources)
      .map((resource) => resource.replace(/^.*?\//, ''));
  expect(objects('s3:GetObject')).toEqual(
    expect.arrayContaining([
      'capture/spam/live/*',
      'baselines/*',
      'models/*/preprocessing/*',
      'releases/live.json',
      'drift/spam-filter/*/metrics/*',
    ]),
  );
  expect(objects('s3:PutObject')).toEqual(['drift/spam-filter/*/report/*', 'drift/spam-filter/*/metrics/*']);
});

test('a check looks at six days at most', () => {
  expect(() => synth({ everyHours: 145 })).toThrow('is 145, and a check on AWS looks at 144 hours at most');
});

test('a pipeline has one where the definition asks for it', () => {
  const { pipeline, template } = synthPipeline({ definition: having({ everyHours: 12 }) });
  expect(pipeline.drift?.alarms).toHaveLength(2);
  template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(12 hours)' });
  expect(synthPipeline().pipeline.drift).toBeUndefined();
});
