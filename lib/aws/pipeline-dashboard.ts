import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { endpointUrl, functionUrl, type Link, logUrl, renderLinks, runsUrl } from './console-links';
import * as metrics from './endpoint-metrics';

export interface PipelineDashboardProps {
  /** Names of the pipeline's jobs begin with it and a dash. */
  readonly pipeline: string;
  readonly stateMachine: IStateMachine;
  /** By the name they are shown with. @default - none */
  readonly functions?: Readonly<Record<string, IFunction>>;
  readonly endpoint: metrics.EndpointReference;
  /** @default - none */
  readonly alarms?: readonly IAlarm[];
  /** Days since a version went live. @default - not shown */
  readonly modelAge?: IMetric;
}

const WIDTH = 24;
const HALF = WIDTH / 2;
const QUARTER = WIDTH / 4;
const HOUR = Duration.hours(1);

/** A pipeline at a glance: one row for each of the five stages, with links to its runs and logs. */
export class PipelineDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(1) });
    this.addTraining(props);
    this.addOptimization(props);
    this.addConversion(props);
    this.addDeployment(props);
    this.addMonitoring(props);
  }

  private addTraining({ pipeline, stateMachine }: PipelineDashboardProps): void {
    const links = [
      { title: 'Runs', url: runsUrl(this, stateMachine.stateMachineArn) },
      { title: 'Log of training', url: this.jobLog('Training', `${pipeline}-`) },
      { title: 'Log of processing', url: this.jobLog('Processing', `${pipeline}-`) },
    ];
    this.addRow('Training', links, [
      graph('CPU of training jobs (%)', [jobMetric('Training', 'CPUUtilization', `${pipeline}-train`)]),
      graph('GPU of training jobs (%)', [jobMetric('Training', 'GPUUtilization', `${pipeline}-train`)]),
    ]);
  }

  private addOptimization({ pipeline }: PipelineDashboardProps): void {
    const jobs = ['prune', 'distill', 'quantize'].map((step) => ({ step, name: `${pipeline}-${step}` }));
    const links = jobs.map(({ step, name }) => ({
      title: `Log of ${step}`,
      url: this.jobLog(step === 'quantize' ? 'Processing' : 'Training', name),
    }));
    this.addRow('Optimization', links, [
      graph('CPU of optimisation jobs (%)', [
        ...jobs.map(({ name }) => jobMetric('Processing', 'CPUUtilization', name)),
      ]),
      graph('Memory of optimisation jobs (%)', [
        ...jobs.map(({ name }) => jobMetric('Processing', 'MemoryUtilization', name)),
      ]),
    ]);
  }

  private addConversion({ functions = {} }: PipelineDashboardProps): void {
    const programs = Object.entries(functions);
    const links = programs.map(([name, program]) => ({
      title: name,
      url: functionUrl(this, program.functionName),
    }));
    this.addRow('Conversion', links, [
      graph(
        'Duration of programs (ms)',
        programs.map(([label, program]) => program.metricDuration({ label })),
      ),
      graph(
        'Errors of programs',
        programs.map(([label, program]) => program.metricErrors({ label })),
      ),
    ]);
  }

  private addDeployment({ endpoint, modelAge, stateMachine }: PipelineDashboardProps): void {
    const links = [{ title: 'Endpoint', url: endpointUrl(this, endpoint.endpointName) }];
    const runs = graph('Runs', [
      stateMachine.metricStarted({ period: HOUR }),
      stateMachine.metricSucceeded({ period: HOUR }),
      stateMachine.metricFailed({ period: HOUR }),
    ]);
    this.addRow(
      'Deployment',
      links,
      modelAge ? [runs, graph('Age of the model (days)', [modelAge])] : [runs],
    );
  }

  private addMonitoring({ alarms = [], endpoint }: PipelineDashboardProps): void {
    const log = logUrl(this, `/aws/sagemaker/Endpoints/${endpoint.endpointName}`);
    const latency = [
      metrics.latencyMs(endpoint),
      metrics.latencyMs(endpoint, { statistic: 'p50' }),
      metrics.overheadMs(endpoint),
    ];
    const machine = [
      metrics.cpuPercent(endpoint),
      metrics.memoryPercent(endpoint),
      metrics.diskPercent(endpoint),
    ];
    const gpu = [metrics.gpuPercent(endpoint), metrics.gpuMemoryPercent(endpoint)];
    this.addRow(
      'Monitoring',
      [{ title: 'Log of the endpoint', url: log }],
      [
        graph('Requests a minute', [metrics.requests(endpoint)], QUARTER),
        graph('Latency (ms)', latency, QUARTER),
        graph('Errors (%)', [metrics.errorPercent(endpoint), metrics.clientErrorPercent(endpoint)], QUARTER),
        graph('Machines (%)', metrics.gpus(endpoint) > 0 ? [...machine, ...gpu] : machine, QUARTER),
      ],
    );
    if (alarms.length > 0) {
      const title = 'Alarms';
      this.dashboard.addWidgets(new AlarmStatusWidget({ title, alarms: [...alarms], width: WIDTH }));
    }
  }

  private addRow(stage: string, links: readonly Link[], widgets: readonly IWidget[]): void {
    const markdown = `## ${stage}\n${renderLinks(links)}`;
    this.dashboard.addWidgets(new TextWidget({ markdown, width: WIDTH, height: 2 }));
    this.dashboard.addWidgets(...widgets);
  }

  private jobLog(kind: 'Training' | 'Processing', name: string): string {
    return logUrl(this, `/aws/sagemaker/${kind}Jobs`, name);
  }
}

function graph(title: string, left: IMetric[], width = HALF): GraphWidget {
  return new GraphWidget({ title, left, width, leftYAxis: { min: 0 } });
}

/** Jobs come and go under new names: a search finds those of the time that is looked at. */
function jobMetric(kind: 'Training' | 'Processing', metricName: string, name: string): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{/aws/sagemaker/${kind}Jobs,Host} MetricName="${metricName}" Host="${name}"', 'Average', 60)`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(1),
  });
}
