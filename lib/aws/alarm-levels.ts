import { Duration } from 'aws-cdk-lib/core';
import type { Levels, Monitoring } from '../pipeline';
import type { DurationLevels } from './leveled-alarms';

/** What is watched of an endpoint, and from where on it is trouble. */
export interface EndpointAlarmLevels {
  /** Model latency, the median. @default - no alarm */
  readonly latencyP50?: DurationLevels;
  /** Model latency, the 99th percentile. @default - no alarm */
  readonly latencyP99?: DurationLevels;
  /** What SageMaker adds to the model's latency, the 99th percentile. @default - no alarm */
  readonly overheadP99?: DurationLevels;
  /** Share of requests that end in a server error (5xx). @default - no alarm */
  readonly serverErrorPercent?: Levels;
  /** Share of requests that are refused (4xx). @default - no alarm */
  readonly clientErrorPercent?: Levels;
  /** Time without a request, whole minutes, at most a day. @default - no alarm */
  readonly silence?: DurationLevels;
  /** Percent of all vCPUs. @default - no alarm */
  readonly cpuPercent?: Levels;
  /** Percent of main memory. @default - no alarm */
  readonly memoryPercent?: Levels;
  /** Percent of the disk. @default - no alarm */
  readonly diskPercent?: Levels;
  /** Percent of all GPUs. Needs a machine with one. @default - no alarm */
  readonly gpuPercent?: Levels;
  /** Percent of the memory of all GPUs. Needs a machine with one. @default - no alarm */
  readonly gpuMemoryPercent?: Levels;
  /** Requests that wait, per replica of an asynchronous endpoint. @default - no alarm */
  readonly backlog?: Levels;
  /** Age of the oldest request that waits for an asynchronous endpoint. @default - no alarm */
  readonly queueAge?: DurationLevels;
}

/** The levels that a definition asks for. */
export function alarmLevels({
  performance,
  resources,
  queue,
}: Pick<Monitoring, 'performance' | 'resources' | 'queue'>): EndpointAlarmLevels {
  return {
    latencyP50: durations('millis', performance.latencyP50Ms),
    latencyP99: durations('millis', performance.latencyP99Ms),
    overheadP99: durations('millis', performance.overheadP99Ms),
    serverErrorPercent: performance.errorPercent,
    clientErrorPercent: performance.clientErrorPercent,
    silence: durations('minutes', performance.silenceMinutes),
    ...resources,
    backlog: queue?.backlog,
    queueAge: durations('seconds', queue?.ageSeconds),
  };
}

/** Numbers in `unit` as times. */
export function durations(
  unit: 'millis' | 'seconds' | 'minutes' | 'days',
  levels: Levels | undefined,
): DurationLevels | undefined {
  if (levels === undefined) return undefined;
  const convert = (amount: number | undefined) => (amount === undefined ? undefined : Duration[unit](amount));
  return { warning: convert(levels.warning), critical: convert(levels.critical) };
}
