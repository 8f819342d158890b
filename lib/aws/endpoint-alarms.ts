import {
  type Alarm,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { type Issue, throwIssues } from '../issue';
import type { Levels } from '../pipeline';
import type { EndpointAlarmLevels } from './alarm-levels';
import type { AlarmActions } from './alarm-strategy';
import * as metrics from './endpoint-metrics';
import { AT_ONCE, createAlarms, type LeveledAlarmSettings, levelsIn } from './leveled-alarms';

export interface EndpointAlarmsProps extends EndpointAlarmLevels {
  readonly endpoint: metrics.EndpointReference;
  /** @default - alarms go off, and nothing happens */
  readonly actions?: AlarmActions;
}

/** Alarms that can never go off. */
export function checkAlarms(
  machine: AwsMachine | undefined,
  levels: Pick<EndpointAlarmLevels, 'gpuMemoryPercent' | 'gpuPercent'> | undefined,
  path: string,
): Issue[] {
  if (machine && machine.accelerators > 0) return [];
  return (['gpuPercent', 'gpuMemoryPercent'] as const)
    .filter((name) => levels?.[name] !== undefined)
    .map((name) => ({
      code: 'alarm-without-gpu',
      path: `${path}.${name}`,
      message: `watches a GPU; ${machine?.name ?? 'a serverless endpoint'} has none`,
      fix: 'Remove the field, or ask for an accelerator.',
    }));
}

/**
 * Alarms on an endpoint's latency, errors, requests, resources and queue, at the levels `Warning` and
 * `Critical`, and one over all of them.
 *
 * ```ts
 * new EndpointAlarms(this, 'Alarms', {
 *   endpoint: { endpointName: 'spam-filter', machine },
 *   latencyP99: { warning: Duration.millis(100), critical: Duration.millis(250) },
 *   serverErrorPercent: { critical: 1 },
 *   actions: { critical: [AlarmStrategy.notify(topic)] },
 * });
 * ```
 */
export class EndpointAlarms extends Construct {
  readonly alarms: readonly Alarm[];
  /** The alarms that turn a release back: the critical ones on latency and errors, or else the warnings. */
  readonly rollback: readonly Alarm[];
  /** In alarm while any critical alarm is; while any alarm is, where none is critical. Has no actions of its own. */
  readonly composite: CompositeAlarm;
  private readonly actions: AlarmActions;

  constructor(scope: Construct, id: string, props: EndpointAlarmsProps) {
    super(scope, id);
    const { actions = {}, endpoint } = props;
    throwIssues(`alarms "${this.node.path}"`, checkAlarms(endpoint.machine, props, 'alarms'));
    this.actions = actions;
    const latency = this.create(
      'Latency',
      metrics.latencyMs(endpoint),
      levelsIn('milliseconds', props.latencyP99),
    );
    const errors = this.create('Errors', metrics.errorPercent(endpoint), props.serverErrorPercent);
    this.rollback = [latency.at(-1), errors.at(-1)].filter((alarm) => alarm !== undefined);
    this.alarms = [
      ...latency,
      ...errors,
      ...this.createRequestAlarms(props),
      ...this.createResourceAlarms(props),
      ...this.createQueueAlarms(props),
    ];
    throwIssues(`alarms "${this.node.path}"`, this.alarms.length === 0 ? [noLevels()] : []);
    this.composite = this.createComposite();
  }

  private createRequestAlarms({ endpoint, ...levels }: EndpointAlarmsProps): Alarm[] {
    const median = metrics.latencyMs(endpoint, { statistic: 'p50' });
    return [
      ...this.create('MedianLatency', median, levelsIn('milliseconds', levels.latencyP50)),
      ...this.create('Overhead', metrics.overheadMs(endpoint), levelsIn('milliseconds', levels.overheadP99)),
      ...this.create('ClientErrors', metrics.clientErrorPercent(endpoint), levels.clientErrorPercent),
      ...this.create(
        'Silence',
        (minutes) => requestsIn(endpoint, minutes),
        levelsIn('minutes', levels.silence),
        {
          ...AT_ONCE,
          threshold: 1,
          comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
          treatMissingData: TreatMissingData.BREACHING,
        },
      ),
    ];
  }

  private createResourceAlarms({ endpoint, ...levels }: EndpointAlarmsProps): Alarm[] {
    return [
      ...this.create('Cpu', metrics.cpuPercent(endpoint), levels.cpuPercent),
      ...this.create('Memory', metrics.memoryPercent(endpoint), levels.memoryPercent),
      ...this.create('Disk', metrics.diskPercent(endpoint), levels.diskPercent),
      ...this.create('Gpu', metrics.gpuPercent(endpoint), levels.gpuPercent),
      ...this.create('GpuMemory', metrics.gpuMemoryPercent(endpoint), levels.gpuMemoryPercent),
    ];
  }

  private createQueueAlarms({ endpoint, backlog, queueAge }: EndpointAlarmsProps): Alarm[] {
    return [
      ...this.create('Backlog', metrics.backlog(endpoint), backlog),
      ...this.create('QueueAge', metrics.queueAgeSeconds(endpoint), levelsIn('seconds', queueAge)),
    ];
  }

  private create(
    name: string,
    metric: LeveledAlarmSettings['metric'],
    levels: Levels | undefined,
    rule?: LeveledAlarmSettings['rule'],
  ): Alarm[] {
    return createAlarms(this, name, { metric, levels, rule, actions: this.actions });
  }

  private createComposite(): CompositeAlarm {
    const critical = this.alarms.filter(({ node }) => node.id.endsWith('Critical'));
    const watched = critical.length > 0 ? critical : this.alarms;
    return new CompositeAlarm(this, 'Composite', {
      alarmDescription: `Any alarm: ${this.node.scope?.node.path ?? ''}`,
      alarmRule: AlarmRule.anyOf(...watched),
    });
  }
}

/** Requests in so many minutes, 0 where nothing was measured. */
function requestsIn(endpoint: metrics.EndpointReference, minutes: number): IMetric {
  const period = Duration.minutes(minutes);
  return new MathExpression({
    expression: 'FILL(requests, 0)',
    usingMetrics: { requests: metrics.requests(endpoint, { period }) },
    label: 'Requests',
    period,
  });
}

function noLevels(): Issue {
  return {
    code: 'no-alarms',
    path: 'alarms',
    message: 'have no level: nothing is watched',
    fix: 'Give at least one, like serverErrorPercent: { critical: 1 }.',
  };
}
