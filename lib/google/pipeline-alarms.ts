import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import type { Levels } from '../pipeline';
import type { MetricQuery } from './endpoint-metrics';
import { type AlarmActions, AT_ONCE, createAlarms } from './leveled-alarms';
import type { Project } from './project';
import { terraformStackOf } from './resource-name';

export interface PipelineAlarmsProps {
  readonly project: Project;
  /** Names of workflows whose failed runs are critical. Ids of the alarms are made of the keys. */
  readonly workflows: Readonly<Record<string, string>>;
  /** Names of jobs of Cloud Run; one that fails is a warning: a run may try again. @default - none */
  readonly jobs?: Readonly<Record<string, string>>;
  /** Days since a version went live, and from when on it is too old. @default - models may grow old */
  readonly modelAge?: { readonly metric: MetricQuery; readonly levels: Levels };
  /** @default - alarms go off, and nobody hears of them */
  readonly actions?: AlarmActions;
}

const ANY = { warning: 0 };
const ANY_CRITICAL = { critical: 0 };

/** The age is measured once a day. */
const DAILY = { periodSeconds: 86_400, forSeconds: 0 };

/**
 * Alerts on what makes a model rather than serves it: runs and jobs that fail, and a model that grows old.
 * A custom job of Vertex AI that fails makes its run fail, or try again.
 */
export class PipelineAlarms extends Construct {
  readonly alarms: readonly MonitoringAlertPolicy[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    terraformStackOf(this);
    const { actions = {}, jobs = {}, modelAge, project, workflows } = props;
    const common = { project, actions };
    this.alarms = [
      ...Object.entries(workflows).flatMap(([name, workflow]) =>
        createAlarms(this, name, {
          ...common,
          rule: AT_ONCE,
          levels: ANY_CRITICAL,
          metric: failedRuns(project, workflow),
        }),
      ),
      ...Object.entries(jobs).flatMap(([name, job]) =>
        createAlarms(this, name, { ...common, rule: AT_ONCE, levels: ANY, metric: failedJobs(project, job) }),
      ),
      ...(modelAge ? createAlarms(this, 'ModelAge', { ...common, rule: DAILY, ...modelAge }) : []),
    ];
  }
}

/** https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-workflows */
export function failedRuns(project: Project, workflow: string): MetricQuery {
  return { ...runs(project, workflow, 'FAILED'), title: 'Failed runs' };
}

/** @param status of the runs: `SUCCEEDED`, `FAILED` or `CANCELLED` */
export function runs({ region }: Project, workflow: string, status: string): MetricQuery {
  return {
    title: `Runs ${status.toLowerCase()}`,
    filter: [
      'resource.type = "workflows.googleapis.com/Workflow"',
      `resource.labels.location = "${region}"`,
      `resource.labels.workflow_id = "${workflow}"`,
      'metric.type = "workflows.googleapis.com/finished_execution_count"',
      `metric.labels.status = "${status}"`,
    ].join(' AND '),
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
  };
}

/** https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run */
export function failedJobs({ region }: Project, job: string): MetricQuery {
  return {
    title: 'Failed jobs',
    filter: [
      'resource.type = "cloud_run_job"',
      `resource.labels.location = "${region}"`,
      `resource.labels.job_name = "${job}"`,
      'metric.type = "run.googleapis.com/job/completed_execution_count"',
      'metric.labels.result = "failed"',
    ].join(' AND '),
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
  };
}
