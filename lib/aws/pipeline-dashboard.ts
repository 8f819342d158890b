import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { EndpointAlarms } from './endpoint-alarms';
import {
  cpuPercent,
  type EndpointReference,
  errorPercent,
  gpuMemoryPercent,
  gpuPercent,
  latencyMs,
  memoryPercent,
  requests,
} from './endpoint-metrics';
import type { ProgramFunction } from './program-function';

export interface PipelineDashboardProps {
  readonly pipeline: string;
  readonly stateMachine: IStateMachine;
  readonly functions: readonly ProgramFunction[];
  readonly endpoint: EndpointReference;
  readonly alarms: EndpointAlarms;
}

const WIDTH = 24;
const HOUR = Duration.hours(1);

/** A pipeline at a glance: one row for each of the five stages. */
export class PipelineDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    this.dashboard = new Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(1) });
    const { alarms, endpoint, functions, pipeline, stateMachine } = props;
    const machine = [cpuPercent(endpoint), memoryPercent(endpoint)];
    const gpu = [gpuPercent(endpoint), gpuMemoryPercent(endpoint)];
    this.addRow('Training', [
      graph('CPU of training jobs (%)', [jobCpu('Training', `${pipeline}-train`)]),
      graph('CPU of processing jobs (%)', [jobCpu('Processing', pipeline)]),
    ]);
    this.addRow('Optimization', [
      graph('CPU of quantisation (%)', [jobCpu('Processing', `${pipeline}-quantize`)]),
    ]);
    this.addRow('Conversion', [
      graph(
        'Duration of programs (ms)',
        functions.map((program) => program.function.metricDuration()),
      ),
      graph(
        'Errors of programs',
        functions.map((program) => program.function.metricErrors()),
      ),
    ]);
    this.addRow('Deployment', [
      graph('Runs', [
        stateMachine.metricStarted({ period: HOUR }),
        stateMachine.metricSucceeded({ period: HOUR }),
        stateMachine.metricFailed({ period: HOUR }),
      ]),
      graph('Requests a minute', [requests(endpoint)]),
    ]);
    this.addRow('Monitoring', [
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.alarms], width: WIDTH / 4 }),
      graph('Latency (ms)', [latencyMs(endpoint), latencyMs(endpoint, { statistic: 'p50' })], WIDTH / 4),
      graph('Server errors (%)', [errorPercent(endpoint)], WIDTH / 4),
      graph('Machines (%)', endpoint.machine.accelerators > 0 ? [...machine, ...gpu] : machine, WIDTH / 4),
    ]);
  }

  private addRow(stage: string, widgets: IWidget[]): void {
    this.dashboard.addWidgets(new TextWidget({ markdown: `## ${stage}`, width: WIDTH, height: 1 }));
    this.dashboard.addWidgets(...widgets);
  }
}

function graph(title: string, left: IMetric[], width = WIDTH / 2): GraphWidget {
  return new GraphWidget({ title, left, width, leftYAxis: { min: 0 } });
}

/** Jobs come and go under new names: a search finds those of the time that is looked at. */
function jobCpu(kind: 'Training' | 'Processing', name: string): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{/aws/sagemaker/${kind}Jobs,Host} MetricName="CPUUtilization" Host="${name}"', 'Average', 60)`,
    usingMetrics: {},
    label: '',
    period: Duration.minutes(1),
  });
}
