import type { Levels } from './common';

/** Stage 5: what is watched once the model serves, who hears of it, and what comes back to training. */
export interface Monitoring {
  /** Mail addresses that hear of alarms and failed runs. @default [] */
  readonly notify?: readonly string[];
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
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
}

export interface Resources {
  /** Percent of all vCPUs. @default - no alarm */
  readonly cpuPercent?: Levels;
  /** Percent of main memory. @default - no alarm */
  readonly memoryPercent?: Levels;
  /** Percent of all GPUs. @default - no alarm */
  readonly gpuPercent?: Levels;
  /** Percent of GPU memory. @default - no alarm */
  readonly gpuMemoryPercent?: Levels;
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
