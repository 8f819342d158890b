import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import { ACCELERATORS } from '../hardware';
import { type Issue, issue, throwIssues } from '../issue';
import type { Levels, Performance, Queue, Resources } from '../pipeline';
import * as metrics from './endpoint-metrics';
import {
  type AlarmActions,
  type AlarmRule,
  createAbsenceAlarms,
  createAlarms,
  type LeveledAlarmSettings,
} from './leveled-alarms';
import type { Project } from './project';
import { terraformStackOf } from './resource-name';

/** What is watched of an endpoint, and from where on it is trouble. */
export interface EndpointAlarmLevels extends Partial<Performance>, Resources {
  /** Alarm where fewer replicas serve. @default - no alarm */
  readonly replicas?: Levels;
}

export interface EndpointAlarmsProps extends EndpointAlarmLevels {
  readonly project: Project;
  readonly endpoint: metrics.EndpointReference;
  /** @default - alarms go off, and nobody hears of them */
  readonly actions?: AlarmActions;
}

/** Alerts on absence reach back 23 hours and a half. */
const MAX_SILENCE_MINUTES = 1410;

const GIB = 2 ** 30;

/** Levels of what is not measured there, which no alarm could watch. */
export function checkAlarms(
  endpoint: metrics.EndpointReference,
  levels: EndpointAlarmLevels & { readonly queue?: Queue },
  path: string,
): Issue[] {
  return [
    ...(hasGpu(endpoint)
      ? []
      : refuse(levels, ['gpuPercent', 'gpuMemoryPercent'], {
          code: 'alarm-without-gpu',
          path,
          message: 'watches a GPU; the endpoint has none',
          fix: 'Remove the field, or ask for an accelerator.',
        })),
    ...refuse(levels, endpoint.kind === 'vertex' ? NOT_ON_VERTEX : NOT_ON_CLOUD_RUN, {
      code: 'alarm-not-measured',
      path,
      message: `watches what ${endpoint.kind === 'vertex' ? 'Vertex AI' : 'Cloud Run'} does not measure`,
      fix: 'Remove the field.',
    }),
    ...(endpoint.kind === 'vertex' && endpoint.machine === undefined
      ? refuse(levels, ['cpuPercent', 'memoryPercent', 'gpuMemoryPercent'], {
          code: 'alarm-without-machine',
          path,
          message: 'is a share of a machine that is not known',
          fix: 'Name the machine of the endpoint.',
        })
      : []),
    ...(['warning', 'critical'] as const).flatMap((level) => {
      const minutes = levels.silenceMinutes?.[level];
      if (minutes === undefined || minutes <= MAX_SILENCE_MINUTES) return [];
      const message = `is ${minutes}; Cloud Monitoring notices an absence of at most ${MAX_SILENCE_MINUTES} minutes`;
      return [issue('alarm-silence', `${path}.silenceMinutes.${level}`, message, 'Choose a shorter time.')];
    }),
  ];
}

type LevelName = keyof EndpointAlarmLevels | 'queue';

const NOT_ON_VERTEX: readonly LevelName[] = ['diskPercent', 'queue'];
const NOT_ON_CLOUD_RUN: readonly LevelName[] = ['diskPercent', 'overheadP99Ms', 'queue'];

function refuse(
  levels: Readonly<Partial<Record<LevelName, unknown>>>,
  names: readonly LevelName[],
  { path, ...found }: Issue,
): Issue[] {
  return names
    .filter((name) => levels[name] !== undefined)
    .map((name) => ({ ...found, path: `${path}.${name}` }));
}

/**
 * Alerts on an endpoint's latency, errors, requests, resources and replicas, at the levels `Warning` and
 * `Critical`:
 *
 * ```ts
 * new EndpointAlarms(stack, 'Alarms', {
 *   project,
 *   endpoint: { kind: 'cloud-run', projectId: project.id, region: project.region, serviceName: 'spam' },
 *   latencyP99Ms: { warning: 100, critical: 250 },
 *   errorPercent: { critical: 1 },
 *   actions: { critical: channels },
 * });
 * ```
 */
export class EndpointAlarms extends Construct {
  readonly alarms: readonly MonitoringAlertPolicy[];
  /** What a release is judged by: the critical levels on latency and errors, or else the warnings. */
  readonly release: ReleaseLevels;
  private readonly props: EndpointAlarmsProps;

  constructor(scope: Construct, id: string, props: EndpointAlarmsProps) {
    super(scope, id);
    this.props = props;
    terraformStackOf(this);
    throwIssues(`alarms "${this.node.path}"`, checkAlarms(props.endpoint, props, 'alarms'));
    this.release = releaseLevels(props);
    this.alarms = [...this.createRequestAlarms(), ...this.createResourceAlarms()];
    throwIssues(`alarms "${this.node.path}"`, this.alarms.length === 0 ? [noLevels()] : []);
  }

  private createRequestAlarms(): MonitoringAlertPolicy[] {
    const { endpoint, ...levels } = this.props;
    const silence = this.settings(metrics.requests(endpoint), levels.silenceMinutes);
    return [
      ...this.create('Latency', metrics.latencyMs(endpoint, 99), levels.latencyP99Ms),
      ...this.create('MedianLatency', metrics.latencyMs(endpoint, 50), levels.latencyP50Ms),
      ...(endpoint.kind === 'vertex'
        ? this.create('Overhead', metrics.overheadMs(endpoint), levels.overheadP99Ms)
        : []),
      ...this.create('Errors', metrics.errorShare(endpoint, '5xx'), levels.errorPercent),
      ...this.create('ClientErrors', metrics.errorShare(endpoint, '4xx'), levels.clientErrorPercent),
      ...createAbsenceAlarms(this, 'Silence', silence),
    ];
  }

  private createResourceAlarms(): MonitoringAlertPolicy[] {
    const { endpoint, ...levels } = this.props;
    return [
      ...this.create('Cpu', metrics.cpuPercent(endpoint), levels.cpuPercent),
      ...this.create('Memory', metrics.memoryPercent(endpoint), levels.memoryPercent),
      ...this.create('Gpu', metrics.gpuPercent(endpoint), levels.gpuPercent),
      ...this.create(
        'GpuMemory',
        metrics.gpuMemoryPercent(endpoint, gpuMemoryBytes(endpoint)),
        levels.gpuMemoryPercent,
      ),
      ...this.create('Replicas', metrics.replicas(endpoint), levels.replicas, { trouble: 'below' }),
    ];
  }

  private create(
    name: string,
    metric: metrics.MetricQuery,
    levels: Levels | undefined,
    rule?: AlarmRule,
  ): MonitoringAlertPolicy[] {
    return createAlarms(this, name, { ...this.settings(metric, levels), rule });
  }

  private settings(metric: metrics.MetricQuery, levels: Levels | undefined): LeveledAlarmSettings {
    const { actions = {}, project } = this.props;
    return { project, actions, metric, levels };
  }
}

/** Largest latency and share of errors that a release may have. */
export interface ReleaseLevels {
  readonly latencyP99Ms?: number;
  readonly errorPercent?: number;
}

/** The levels that turn a release back. */
function releaseLevels({ errorPercent, latencyP99Ms }: EndpointAlarmLevels): ReleaseLevels {
  return { latencyP99Ms: severest(latencyP99Ms), errorPercent: severest(errorPercent) };
}

function severest({ critical, warning }: Levels = {}): number | undefined {
  return critical ?? warning;
}

function hasGpu(endpoint: metrics.EndpointReference): boolean {
  return endpoint.kind === 'cloud-run' ? endpoint.gpu === true : (endpoint.machine?.accelerators ?? 0) > 0;
}

/** Of one GPU: Vertex AI has a series for each replica and device. */
function gpuMemoryBytes(endpoint: metrics.EndpointReference): number {
  if (endpoint.kind === 'cloud-run' || !endpoint.machine || endpoint.machine.accelerator === 'cpu') return 0;
  return ACCELERATORS[endpoint.machine.accelerator].memoryGiB * GIB;
}

function noLevels(): Issue {
  const fix = 'Give at least one, like errorPercent: { critical: 1 }.';
  return issue('no-alarms', 'alarms', 'have no level: nothing is watched', fix);
}
