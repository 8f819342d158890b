import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import type { Issue } from '../issue';
import type { Levels, Performance, Resources } from '../pipeline';
import {
  cpuPercent,
  type EndpointReference,
  errorPercent,
  gpuMemoryPercent,
  gpuPercent,
  latencyMs,
  memoryPercent,
} from './endpoint-metrics';

export interface EndpointAlarmsProps {
  readonly endpoint: EndpointReference;
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** Hears of every alarm, and of its end. @default - nobody does */
  readonly topic?: ITopic;
}

/** Minutes of the last three that must be above the threshold. */
const MINUTES = { datapointsToAlarm: 2, evaluationPeriods: 3 };

/** Alarms that can never go off. */
export function checkAlarms(machine: AwsMachine, resources: Resources | undefined, path: string): Issue[] {
  if (machine.accelerators > 0) return [];
  return (['gpuPercent', 'gpuMemoryPercent'] as const)
    .filter((name) => resources?.[name] !== undefined)
    .map((name) => ({
      code: 'alarm-without-gpu',
      path: `${path}.${name}`,
      message: `watches a GPU; ${machine.name} has none`,
      fix: 'Remove the field, or ask for an accelerator.',
    }));
}

/** Alarms on an endpoint's latency, errors and resources, at the levels `Warning` and `Critical`. */
export class EndpointAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  /** The alarms that turn a release back: the critical ones on latency and errors, or else the warnings. */
  readonly rollback: readonly Alarm[];

  constructor(scope: Construct, id: string, props: EndpointAlarmsProps) {
    super(scope, id);
    const { endpoint, performance, resources = {}, topic } = props;
    const latency = this.createAlarms('Latency', latencyMs(endpoint), performance.latencyP99Ms);
    const errors = this.createAlarms('Errors', errorPercent(endpoint), performance.errorPercent);
    this.rollback = [latency.at(-1), errors.at(-1)].filter((alarm) => alarm !== undefined);
    this.alarms = [
      ...latency,
      ...errors,
      ...this.createAlarms('Cpu', cpuPercent(endpoint), resources.cpuPercent),
      ...this.createAlarms('Memory', memoryPercent(endpoint), resources.memoryPercent),
      // Divided by the number of GPUs, so made only where there are any.
      ...(endpoint.machine.accelerators > 0 ? this.createGpuAlarms(endpoint, resources) : []),
    ];
    if (topic)
      this.alarms.forEach((alarm) => {
        notify(alarm, topic);
      });
  }

  private createGpuAlarms(endpoint: EndpointReference, resources: Resources): Alarm[] {
    return [
      ...this.createAlarms('Gpu', gpuPercent(endpoint), resources.gpuPercent),
      ...this.createAlarms('GpuMemory', gpuMemoryPercent(endpoint), resources.gpuMemoryPercent),
    ];
  }

  /** @returns the alarms of one metric, the most severe last */
  private createAlarms(name: string, metric: IMetric, { warning, critical }: Levels = {}): Alarm[] {
    const levels = [
      { level: 'Warning', threshold: warning },
      { level: 'Critical', threshold: critical },
    ];
    return levels.flatMap(({ level, threshold }) =>
      threshold === undefined
        ? []
        : [
            new Alarm(this, `${name}${level}`, {
              metric,
              threshold,
              comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
              alarmDescription: `${level}: ${this.node.scope?.node.path ?? ''} ${name}`,
              treatMissingData: TreatMissingData.NOT_BREACHING,
              ...MINUTES,
            }),
          ],
    );
  }
}

function notify(alarm: Alarm, topic: ITopic): void {
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}
