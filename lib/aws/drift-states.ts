import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { IArtifactStore } from './artifact-store';
import type { State, StateMachineDefinition } from './asl';

export interface DriftMachineSettings {
  readonly pipeline: string;
  readonly namespace: string;
  readonly store: IArtifactStore;
  readonly codeUri: string;
  /** The task of the job, whose inputs are filled in here. */
  readonly job: State;
  /** Directory of the requests, which are filed by day below it. */
  readonly capture: string;
  /** Directory of the reports, one for each run. */
  readonly reports: string;
  /** Days to look at, today included. */
  readonly days: number;
}

const INPUT = '/opt/ml/processing/input';

/** S3 answers 403 for a key that is not there, unless the bucket may be listed. */
const ABSENT = ['S3.NoSuchKeyException', 'S3.S3Exception'];

/** Metrics of CloudWatch, by the job's own. */
const METRICS = [
  ['DriftSamples', 'samples'],
  ['PopulationStability', 'psi_max'],
  ['PredictionStability', 'psi_prediction'],
] as const;

/** Which version is live → which days have requests → the job → its metrics. */
export function renderDriftMachine(scope: Construct, settings: DriftMachineSettings): StateMachineDefinition {
  const { partition } = Stack.of(scope);
  const task = (service: string, action: string, rest: object): State => ({
    QueryLanguage: 'JSONata',
    Type: 'Task',
    Resource: `arn:${partition}:states:::aws-sdk:${service}:${action}`,
    ...rest,
  });
  const { capture, days, job, namespace, pipeline, reports, store } = settings;
  const Bucket = store.bucket.bucketName;
  const parameters = Object.entries(job.Parameters as object).filter(([name]) => name !== 'ProcessingInputs');
  return {
    Comment: `Drift of ${pipeline}`,
    StartAt: 'which version is live?',
    States: {
      'which version is live?': task('s3', 'getObject', {
        Arguments: { Bucket, Key: 'releases/live.json' },
        Output: {
          version: '{% $parse($states.result.Body).version %}',
          days: `{% $map([0..${days - 1}], function($ago) { $fromMillis($millis() - $ago * 86400000, '[Y0001]/[M01]/[D01]') }) %}`,
        },
        Catch: [{ ErrorEquals: ABSENT, Next: 'no version is live' }],
        Next: 'which days have requests?',
      }),
      'no version is live': { Type: 'Succeed' },
      'which days have requests?': {
        QueryLanguage: 'JSONata',
        Type: 'Map',
        Items: '{% $states.input.days %}',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'look',
          States: {
            look: task('s3', 'listObjectsV2', {
              Arguments: { Bucket, Prefix: `{% '${capture}' & $states.input & '/' %}`, MaxKeys: 1 },
              Output: { day: '{% $states.input %}', found: '{% $states.result.KeyCount > 0 %}' },
              End: true,
            }),
          },
        },
        Output: {
          fixed: fixedInputs(settings),
          days: '{% [$states.result[found].day] %}',
        },
        Next: 'any?',
      },
      'any?': {
        QueryLanguage: 'JSONata',
        Type: 'Choice',
        Choices: [
          {
            Condition: '{% $count($states.input.days) > 0 %}',
            Output: { inputs: `{% $append($states.input.fixed, ${captureInputs(capture)}) %}` },
            Next: 'compare',
          },
        ],
        Output: { samples: 0 },
        Default: 'publish',
      },
      compare: {
        ...job,
        Parameters: { ...Object.fromEntries(parameters), 'ProcessingInputs.$': '$.inputs' },
        Next: 'read',
      },
      read: task('s3', 'getObject', {
        Arguments: {
          Bucket,
          Key: `{% '${reports}' & $states.context.Execution.Name & '/metrics/metrics.json' %}`,
        },
        Output: '{% $parse($states.result.Body) %}',
        Next: 'publish',
      }),
      publish: task('cloudwatch', 'putMetricData', {
        Arguments: { Namespace: namespace, MetricData: `{% ${metricData(pipeline)} %}` },
        End: true,
      }),
    },
  };
}

/** Inputs that every check has. */
function fixedInputs({ codeUri, store }: DriftMachineSettings): object[] {
  const version = `$states.input.version`;
  const at = (before: string, after: string) => `{% '${store.s3Uri(before)}' & ${version} & '${after}' %}`;
  return [
    renderInput('code', codeUri),
    renderInput('baseline', at('baselines/', '/')),
    renderInput('preprocessing', at('models/', '/preprocessing/')),
  ];
}

function renderInput(name: string, uri: string): object {
  return {
    InputName: name,
    S3Input: {
      S3Uri: uri,
      LocalPath: `${INPUT}/${name}`,
      S3DataType: 'S3Prefix',
      S3InputMode: 'File',
    },
  };
}

/** JSONata: one input for each day, all of them below the program's one directory. */
function captureInputs(capture: string): string {
  const bucket = `$substringBefore($substringAfter($states.input.fixed[1].S3Input.S3Uri, 's3://'), '/')`;
  return (
    `[$map($states.input.days, function($day, $index) { { ` +
    `'InputName': 'capture-' & $string($index), ` +
    `'S3Input': { ` +
    `'S3Uri': 's3://' & ${bucket} & '/${capture}' & $day & '/', ` +
    `'LocalPath': '${INPUT}/capture/' & $string($index), ` +
    `'S3DataType': 'S3Prefix', 'S3InputMode': 'File' } } })]`
  );
}

/** JSONata: the metrics that the job measured; without enough samples it measured no index. */
function metricData(pipeline: string): string {
  const data = METRICS.map(
    ([name, measured]) =>
      `{ 'MetricName': '${name}', 'Dimensions': [{ 'Name': 'Pipeline', 'Value': '${pipeline}' }], ` +
      `'Value': $states.input.${measured} }`,
  );
  return `[$filter([${data.join(', ')}], function($metric) { $exists($metric.Value) })]`;
}
