import { type Alarm, Metric, type MetricOptions, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Schedule } from 'aws-cdk-lib/aws-scheduler';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Issue, throwIssues } from '../issue';
import { DEFAULT_DRIFT_HOURS, driftLevels, driftStep, type PipelineDefinition } from '../pipeline';
import type { AlarmActions } from './alarm-strategy';
import type { IArtifactStore } from './artifact-store';
import { ContainerImage } from './container-image';
import { createStateMachine } from './create-state-machine';
import { renderDriftMachine } from './drift-states';
import { VARIANT } from './endpoint-settings';
import { JobCode } from './job-code';
import { AT_ONCE, createAlarms } from './leveled-alarms';
import type { NetworkProps } from './network';
import { ProcessingJob } from './processing-job';
import { constructName } from './resource-name';
import { createServiceKey } from './service-key';
import { grantStart, startOnSchedule } from './start-on-schedule';

const NAMESPACE = 'ModelPipeline';
/** A processing job has at most 10 inputs: code, baseline and preprocessing leave 7 days, begun ones counted. */
const MAX_HOURS = 6 * 24;

export interface DriftMonitorProps {
  /** Names the pipeline; `monitoring.drift` says how often and from where on. */
  readonly definition: PipelineDefinition;
  /** Holds the capture, the versions and their baselines; gets the reports. */
  readonly store: IArtifactStore;
  /** Its requests are recorded under `capture/<endpoint>/` of the store. */
  readonly endpointName: string;
  /** The endpoint's variant to watch. @default "live", as this library names it */
  readonly variantName?: string;
  /** @default - alarms go off, and nothing happens */
  readonly actions?: AlarmActions;
  /** Encrypts the log and the runs' data. CloudWatch Logs must be allowed to use it. @default - a key of its own */
  readonly encryptionKey?: IKey;
  /** Runs `python3` 3.11 or later. @default - AWS' Deep Learning Container for PyTorch, on CPUs */
  readonly image?: ContainerImage;
  /** Directory of Python wheels that the job installs from. @default - pinned versions from the package index */
  readonly wheelhouse?: string;
  /** @default - a network of SageMaker's */
  readonly network?: NetworkProps;
}

/**
 * Compares on a schedule what an endpoint was asked and answered with the baseline of its live version,
 * and tells it as metrics with alarms on them:
 *
 * ```ts
 * new DriftMonitor(this, 'Drift', { definition: spamFilter, store, endpointName: 'spam-filter' });
 * ```
 */
export class DriftMonitor extends Construct {
  readonly stateMachine: StateMachine;
  readonly job: ProcessingJob;
  readonly schedule: Schedule;
  /** On the population stability index; the most severe last. */
  readonly alarms: readonly Alarm[];
  private readonly pipeline: string;
  private readonly period: Duration;
  private readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, props: DriftMonitorProps) {
    super(scope, id);
    const { actions = {}, definition, endpointName, store, variantName = VARIANT } = props;
    const { everyHours = DEFAULT_DRIFT_HOURS } = definition.monitoring.drift ?? {};
    throwIssues(`drift of "${definition.name}"`, checkHours(everyHours));
    this.pipeline = definition.name;
    this.period = Duration.hours(Math.min(everyHours, 24));
    this.encryptionKey = props.encryptionKey ?? createServiceKey(this, 'Key');
    const capture = `capture/${endpointName}/${variantName}/`;
    const reports = `drift/${this.pipeline}/`;
    const code = this.createCode(props);
    this.job = this.createJob(props, code, reports);
    store.grantRead(this.job.role, capture, 'baselines/', 'models/*/preprocessing/');
    this.stateMachine = createStateMachine(this, {
      name: constructName(this),
      description: `Checks ${endpointName} for drift`,
      definition: renderDriftMachine(this, {
        pipeline: this.pipeline,
        namespace: NAMESPACE,
        store,
        codeUri: code.s3Uri,
        job: this.job.state,
        capture,
        reports,
        days: Math.ceil(everyHours / 24) + 1,
      }),
      encryptionKey: this.encryptionKey,
    });
    this.grantRun(store, capture, reports);
    this.schedule = startOnSchedule(this, {
      description: `Checks ${this.pipeline} for drift`,
      every: Duration.hours(everyHours),
      stateMachine: this.stateMachine,
      encryptionKey: this.encryptionKey,
    });
    this.alarms = createAlarms(this, 'Drift', {
      levels: driftLevels(definition.monitoring.drift),
      actions,
      metric: this.metricPopulationStability(),
      // A check that is not made yet does not mean that all is well again.
      rule: { ...AT_ONCE, treatMissingData: TreatMissingData.IGNORE },
    });
  }

  /** The largest index over all inputs and predictions, of the last check. */
  metricPopulationStability(options?: MetricOptions): Metric {
    return this.metric('PopulationStability', 'Drift (largest index)', options);
  }

  /** The largest index over the predictions, of the last check. */
  metricPredictionStability(options?: MetricOptions): Metric {
    return this.metric('PredictionStability', 'Drift of predictions', options);
  }

  /** Samples of the last check; with too few of them there is no index. */
  metricSamples(options?: MetricOptions): Metric {
    return this.metric('DriftSamples', 'Samples checked for drift', options);
  }

  /** Allows starting a check between two scheduled ones. */
  grantStartExecution(grantee: IGrantable): Grant {
    return grantStart(grantee, this.stateMachine, this.encryptionKey);
  }

  private metric(metricName: string, label: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { Pipeline: this.pipeline },
      statistic: 'Maximum',
      period: this.period,
      label,
      ...options,
    });
  }

  private createCode({ definition, wheelhouse }: DriftMonitorProps): JobCode {
    const step = driftStep(definition, {
      capture: { from: 'store', prefix: 'capture/' },
      baseline: { from: 'store', prefix: 'baselines/' },
      preprocessing: { from: 'store', prefix: 'models/' },
    });
    return new JobCode(this, 'Code', {
      plan: { schemaVersion: 1, pipeline: definition.name, start: step.id, steps: [step] },
      source: definition.source,
      data: definition.training.data,
      wheelhouse,
    });
  }

  private createJob(
    { image = ContainerImage.pytorchTraining({ processor: 'cpu' }), network, store }: DriftMonitorProps,
    code: JobCode,
    reports: string,
  ): ProcessingJob {
    const output = (name: string) => ({
      uri: `States.Format('${store.s3Uri(`${reports}{}/${name}/`)}', $$.Execution.Name)`,
      prefixes: [`${reports}*/${name}/`],
    });
    return new ProcessingJob(this, 'Job', {
      jobName: `${this.pipeline}-drift`,
      store,
      code,
      step: 'drift',
      image,
      machine: { memoryGiB: 8 },
      inputs: {},
      outputs: { report: output('report'), metrics: output('metrics') },
      timeout: Duration.hours(1),
      network,
    });
  }

  private grantRun(store: IArtifactStore, capture: string, reports: string): void {
    const { role } = this.stateMachine;
    this.job.grantRun(role);
    store.grantRead(role, 'releases/live.json');
    store.grantRead(role, `${reports}*/metrics/`);
    Grant.addToPrincipal({
      grantee: role,
      actions: ['s3:ListBucket'],
      resourceArns: [store.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': [`${capture}*`] } },
    });
    Grant.addToPrincipal({
      grantee: role,
      actions: ['cloudwatch:PutMetricData'],
      resourceArns: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': NAMESPACE } },
    });
  }
}

function checkHours(hours: number): Issue[] {
  if (hours <= MAX_HOURS) return [];
  return [
    {
      code: 'drift-hours',
      path: 'monitoring.drift.everyHours',
      message: `is ${hours}, and a check on AWS looks at ${MAX_HOURS} hours at most`,
      fix: `Check at least every ${MAX_HOURS} hours.`,
    },
  ];
}
