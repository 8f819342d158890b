import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import { Construct } from 'constructs';
import { DEFAULT_DRIFT_HOURS, driftLevels, driftStep, type PipelineDefinition } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { ContainerImage } from './container-image';
import { DRIFT_CHECKED, renderDriftWorkflow } from './drift-states';
import type { MetricQuery } from './endpoint-metrics';
import { grantWait } from './grant-wait';
import { JobCode } from './job-code';
import { type AlarmActions, createAlarms } from './leveled-alarms';
import type { NetworkProps } from './network';
import { orderAccounts } from './order-accounts';
import { ProcessingJob } from './processing-job';
import type { Project } from './project';
import type { RequestLog } from './request-log';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';
import { WorkflowDefinition } from './workflow-definition';
import { WorkflowSchedule } from './workflow-schedule';
import { concat } from './workflow/expression';
import { RUN } from './workflow/locate';
import { LIVE_PATH } from './workflow/live-states';

/** Cloud Monitoring looks back over a day at most. */
const MAX_PERIOD_HOURS = 24;
const HOUR_SECONDS = 3600;
const TIMEOUT_SECONDS = 3600;
const MACHINE = { cpu: 2, memoryGiB: 8 };

export interface DriftMonitorProps {
  readonly project: Project;
  /** Names the pipeline; `monitoring.drift` says how often and from where on. */
  readonly definition: PipelineDefinition;
  /** Holds the versions and their baselines; gets the reports. */
  readonly store: IArtifactStore;
  /**
   * Where Vertex AI records what the endpoint is asked: `requestLog` of a `ModelEndpoint`.
   * @default - this library's server records it below `capture/<pipeline>/` of the store
   */
  readonly requestLog?: RequestLog;
  /** @default - alarms go off, and nobody hears of them */
  readonly actions?: AlarmActions;
  /** Encrypts what checks hold; for the agent `workflows`. @default - a key of its own */
  readonly key?: ServiceKey;
  /** Runs `python3` 3.11 or later. @default - Python's own on Docker Hub */
  readonly image?: ContainerImage;
  /** Directory of Python wheels that the job installs from. @default - pinned versions from the package index */
  readonly wheelhouse?: string;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

/**
 * Compares on a schedule what an endpoint was asked and answered with the baseline of its live version,
 * and tells it as metrics with alerts on them:
 *
 * ```ts
 * new DriftMonitor(stack, 'Drift', { project, definition: spamFilter, store, requestLog });
 * ```
 */
export class DriftMonitor extends Construct {
  readonly workflow: WorkflowDefinition;
  readonly job: ProcessingJob;
  readonly schedule: WorkflowSchedule;
  /** On the population stability index; the most severe last. */
  readonly alarms: readonly MonitoringAlertPolicy[];
  private readonly name: string;

  constructor(scope: Construct, id: string, props: DriftMonitorProps) {
    super(scope, id);
    orderAccounts(terraformStackOf(this));
    const { actions = {}, definition, project, requestLog, store } = props;
    const { everyHours = DEFAULT_DRIFT_HOURS } = definition.monitoring.drift ?? {};
    const capture = `capture/${definition.name}/`;
    const reports = `drift/${definition.name}/`;
    this.name = constructName(this);
    const step = driftStep(definition, {
      capture: { from: 'store', prefix: capture, optional: true },
      baseline: { from: 'store', prefix: 'baselines/' },
      preprocessing: { from: 'store', prefix: 'models/' },
    });
    const code = new JobCode(this, 'Code', {
      plan: { schemaVersion: 1, pipeline: definition.name, start: step.id, steps: [step] },
      source: definition.source,
      data: definition.training.data,
      wheelhouse: props.wheelhouse,
      store,
    });
    this.job = this.createJob(props, code, { capture, reports, hours: everyHours });
    const purpose = `Checks ${definition.name} for drift`;
    this.workflow = new WorkflowDefinition(this, 'Workflow', {
      project,
      name: this.name,
      description: purpose,
      source: renderDriftWorkflow({
        ...{ pipeline: definition.name, project, store, requestLog, capture, reports },
        ...{ hours: everyHours, step, call: this.job.step },
      }),
      key: props.key ?? new ServiceKey(this, 'Key', { project, agents: ['workflows'] }),
    });
    this.grantRun(props, capture, reports);
    this.schedule = new WorkflowSchedule(this, 'Schedule', {
      project,
      workflow: this.workflow,
      schedule: `every ${everyHours} hours`,
      purpose,
    });
    const index = this.createMetric(project, 'PopulationStability');
    this.createMetric(project, 'PredictionStability');
    this.createMetric(project, 'Samples');
    this.alarms = createAlarms(this, 'Drift', {
      project,
      actions,
      levels: driftLevels(definition.monitoring.drift),
      metric: this.metricPopulationStability(),
      rule: { periodSeconds: Math.min(everyHours, MAX_PERIOD_HOURS) * HOUR_SECONDS, forSeconds: 0 },
    });
    for (const alarm of this.alarms) alarm.node.addDependency(index);
  }

  /** The largest index over all inputs and predictions, of the last check. */
  metricPopulationStability(): MetricQuery {
    return this.metric('PopulationStability', 'Drift (largest index)');
  }

  /** The largest index over the predictions, of the last check. */
  metricPredictionStability(): MetricQuery {
    return this.metric('PredictionStability', 'Drift of predictions');
  }

  /** Samples of the last check; with too few of them there is no index. */
  metricSamples(): MetricQuery {
    return this.metric('Samples', 'Samples checked for drift');
  }

  /** Allows starting a check between two scheduled ones. */
  grantStart(id: string, member: string): void {
    this.workflow.grantStart(id, member);
  }

  private createJob(
    props: DriftMonitorProps,
    code: JobCode,
    {
      capture,
      hours,
      reports,
    }: { readonly capture: string; readonly hours: number; readonly reports: string },
  ): ProcessingJob {
    const { network, project, requestLog, store } = props;
    const { image = ContainerImage.fromPublic('library/python:3.11-slim') } = props;
    const ofRun = (before: string, after: string) => ({
      path: concat(before, { of: RUN }, after),
      prefixes: [`${before}*${after}`],
    });
    const ofVersion = (before: string, after: string, prefix: string) => ({
      path: concat(before, { of: 'live.version' }, after),
      prefixes: [prefix],
    });
    return new ProcessingJob(this, 'Job', {
      ...{ project, store, code, image, network },
      step: 'drift',
      resources: MACHINE,
      inputs: {
        capture: requestLog ? ofRun(capture, '/') : { path: concat(capture), prefixes: [capture] },
        baseline: ofVersion('baselines/', '/', 'baselines/'),
        preprocessing: ofVersion('models/', '/preprocessing/', 'models/*/preprocessing/'),
      },
      outputs: { report: ofRun(reports, '/report/'), metrics: ofRun(reports, '/metrics/') },
      // Servers write what they recorded a little later.
      words: requestLog ? [] : ['--newer-than', `capture=${hours + 1}`],
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  }

  private grantRun(
    { project, requestLog, store }: DriftMonitorProps,
    capture: string,
    reports: string,
  ): void {
    const { member } = this.workflow.account;
    this.job.grantRun('Workflow', member);
    grantWait(this, project, { Workflow: member });
    const { path } = this.node;
    store.grantRead(path, member, [LIVE_PATH, `${reports}*/metrics/`]);
    if (requestLog === undefined) return;
    requestLog.grantQuery(this, member);
    // Who exports from BigQuery writes the files.
    store.grantKeep(path, member, [capture]);
  }

  /** The mean of a distribution is exact, whatever its buckets. */
  private metric(name: MetricName, title: string): MetricQuery {
    return {
      title,
      filter: `resource.type = "workflows.googleapis.com/Workflow" AND metric.type = "logging.googleapis.com/user/${this.metricName(name)}"`,
      aligner: 'ALIGN_DELTA',
      reducer: 'REDUCE_MEAN',
    };
  }

  private metricName(name: MetricName): string {
    return `${this.name}-${FIELDS[name]}`;
  }

  private createMetric(project: Project, name: MetricName): LoggingMetric {
    const field = FIELDS[name];
    return new LoggingMetric(this, name, {
      project: project.id,
      name: this.metricName(name),
      description: `${field} of checks for drift`,
      filter: [
        'resource.type="workflows.googleapis.com/Workflow"',
        `resource.labels.workflow_id="${this.name}"`,
        `jsonPayload.event="${DRIFT_CHECKED}"`,
        `jsonPayload.${field}>=0`,
      ].join(' AND '),
      valueExtractor: `EXTRACT(jsonPayload.${field})`,
      metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: '1' },
      bucketOptions: { exponentialBuckets: { numFiniteBuckets: 64, growthFactor: 1.5, scale: 0.001 } },
    });
  }
}

/** Fields of the log entry, by the ids of their metrics. */
const FIELDS = {
  PopulationStability: 'populationStability',
  PredictionStability: 'predictionStability',
  Samples: 'samples',
} as const;

type MetricName = keyof typeof FIELDS;
