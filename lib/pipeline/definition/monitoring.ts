import type { Levels } from './common';

/** Stage 5: what is watched once the model serves, who hears of it, and what comes back to training. */
export interface Monitoring {
  /** Mail addresses that hear of alarms and failed runs. @default [] */
  readonly notify?: readonly string[];
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** Only where requests wait for their turn. @default - no alarms on waiting requests */
  readonly queue?: Queue;
  /** Days since a version went live. @default - no alarm: models may grow old */
  readonly modelAgeDays?: Levels;
  /** @default - requests and responses are not recorded */
  readonly capture?: Capture;
  /** @default - no drift detection */
  readonly drift?: Drift;
  /** @default - no retraining from feedback */
  readonly feedback?: Feedback;
}

export interface Performance {
  /** Model latency at the 99th percentile, in milliseconds. */
  readonly latencyP99Ms: Levels;
  /** Share of requests that end in a server error (5xx), in percent. */
  readonly errorPercent: Levels;
  /** Median of the model latency, in milliseconds. @default - no alarm */
  readonly latencyP50Ms?: Levels;
  /** What the service adds to the model's latency, at the 99th percentile, in milliseconds. @default - no alarm */
  readonly overheadP99Ms?: Levels;
  /** Share of requests that are refused (4xx), in percent. @default - no alarm */
  readonly clientErrorPercent?: Levels;
  /** Minutes without a request, at most 1440. @default - no alarm: silence is no failure */
  readonly silenceMinutes?: Levels;
}

export interface Resources {
  /** Percent of all vCPUs. @default - no alarm */
  readonly cpuPercent?: Levels;
  /** Percent of main memory. @default - no alarm */
  readonly memoryPercent?: Levels;
  /** Percent of the disk. @default - no alarm */
  readonly diskPercent?: Levels;
  /** Percent of all GPUs. @default - no alarm */
  readonly gpuPercent?: Levels;
  /** Percent of GPU memory. @default - no alarm */
  readonly gpuMemoryPercent?: Levels;
}

export interface Queue {
  /** Requests that wait, per replica. @default - no alarm */
  readonly backlog?: Levels;
  /** Age of the oldest request that waits, in seconds. @default - no alarm */
  readonly ageSeconds?: Levels;
}

export interface Capture {
  /** Share of requests to record, in percent, above 0 to 100. */
  readonly samplePercent: number;
}

export interface Drift {
  /** Hours between two checks. @default 24 */
  readonly everyHours?: number;
  /** Population stability index from which the distribution counts as drifted. @default - warning 0.1, critical 0.25 */
  readonly populationStability?: Levels;
}

export interface Feedback {
  /** New labelled samples that start a retraining. */
  readonly retrainAfterSamples: number;
}
