import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Construct } from 'constructs';
import { customJobsUrl, endpointUrl, jobUrl, type Link, logUrl, runsUrl, serviceUrl } from './console-links';
import { renderDashboard, type Row } from './dashboard-tiles';
import * as metrics from './endpoint-metrics';
import { failedJobs, runs } from './pipeline-alarms';
import type { Project } from './project';
import { terraformStackOf } from './resource-name';

export interface PipelineDashboardProps {
  readonly project: Project;
  readonly pipeline: string;
  /** Name of the workflow that runs the pipeline. */
  readonly workflow: string;
  /** Names of jobs of Cloud Run, by the stage they belong to and the name they are shown with. @default - none */
  readonly jobs?: Readonly<Partial<Record<JobStage, Readonly<Record<string, string>>>>>;
  readonly endpoint: metrics.EndpointReference;
  /** Days since a version went live. @default - not shown */
  readonly modelAge?: metrics.MetricQuery;
  /** Indices of the last check for drift. @default - not shown */
  readonly drift?: readonly metrics.MetricQuery[];
  /** Labelled samples that no run has seen. @default - not shown */
  readonly feedback?: metrics.MetricQuery;
}

type JobStage = 'training' | 'optimization' | 'conversion' | 'deployment';

/** A pipeline at a glance: one row for each of the five stages, with links to its runs and logs. */
export class PipelineDashboard extends Construct {
  readonly dashboard: MonitoringDashboard;
  private readonly props: PipelineDashboardProps;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    terraformStackOf(this);
    this.props = props;
    const rows = [
      this.jobRow('Training', 'training', [
        { title: 'Runs', url: runsUrl(props.project, props.workflow) },
        { title: 'Custom jobs', url: customJobsUrl(props.project) },
      ]),
      this.jobRow('Optimization', 'optimization'),
      this.jobRow('Conversion', 'conversion'),
      this.deployment(),
      this.monitoring(),
    ];
    this.dashboard = new MonitoringDashboard(this, 'Dashboard', {
      project: props.project.id,
      dashboardJson: JSON.stringify(renderDashboard(props.pipeline, rows)),
    });
  }

  private jobRow(title: string, stage: JobStage, first: readonly Link[] = []): Row {
    const { project } = this.props;
    const jobs = Object.entries(this.props.jobs?.[stage] ?? {});
    const links = [...first, ...jobs.map(([name, job]) => ({ title: name, url: jobUrl(project, job) }))];
    const failed = jobs.map(([name, job]) => ({ ...failedJobs(project, job), title: name }));
    const charts = jobs.length === 0 ? [] : [{ title: 'Failed jobs', metrics: failed }];
    return { title, links, charts };
  }

  private deployment(): Row {
    const { endpoint, modelAge, project, workflow } = this.props;
    const { links } = this.jobRow('Deployment', 'deployment', [
      { title: 'Endpoint', url: this.endpointUrl(endpoint) },
    ]);
    const ended = ['SUCCEEDED', 'FAILED'].map((status) => runs(project, workflow, status));
    return {
      title: 'Deployment',
      links,
      charts: [
        { title: 'Runs', metrics: ended },
        { title: 'Replicas', metrics: [metrics.replicas(endpoint)] },
        ...(modelAge ? [{ title: modelAge.title, metrics: [modelAge] }] : []),
      ],
    };
  }

  private monitoring(): Row {
    const { drift, endpoint, feedback, project } = this.props;
    const gpu = endpoint.kind === 'vertex' ? endpoint.machine?.accelerators : Number(endpoint.gpu ?? false);
    return {
      title: 'Monitoring',
      links: [{ title: 'Log of the endpoint', url: logUrl(project, logFilter(endpoint)) }],
      charts: [
        { title: 'Requests a minute', metrics: [metrics.requests(endpoint)] },
        {
          title: 'Latency (ms)',
          metrics: [metrics.latencyMs(endpoint, 50), metrics.latencyMs(endpoint, 99)],
        },
        {
          title: 'Errors (share of requests)',
          metrics: [metrics.errorShare(endpoint, '5xx'), metrics.errorShare(endpoint, '4xx')],
        },
        {
          title: 'Utilisation',
          metrics: [metrics.cpuPercent(endpoint), ...(gpu ? [metrics.gpuPercent(endpoint)] : [])],
        },
        ...(drift ? [{ title: 'Drift', metrics: drift }] : []),
        ...(feedback ? [{ title: feedback.title, metrics: [feedback] }] : []),
      ],
    };
  }

  private endpointUrl(endpoint: metrics.EndpointReference): string {
    const { project } = this.props;
    return endpoint.kind === 'vertex'
      ? endpointUrl(project, endpoint.endpointId)
      : serviceUrl(project, endpoint.serviceName);
  }
}

function logFilter(endpoint: metrics.EndpointReference): string {
  return endpoint.kind === 'vertex'
    ? `resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="${endpoint.endpointId}"`
    : `resource.type="cloud_run_revision" AND resource.labels.service_name="${endpoint.serviceName}"`;
}
