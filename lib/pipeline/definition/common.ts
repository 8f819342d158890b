/** A value that JSON can carry. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** GPU models the hardware catalogue knows; `"cpu"` asks for a machine without one. */
export const ACCELERATOR_NAMES = [
  'cpu',
  't4',
  'a10g',
  'l4',
  'l40s',
  'v100',
  'a100',
  'a100-80gb',
  'h100',
  'h200',
] as const;
export type Accelerator = (typeof ACCELERATOR_NAMES)[number];

/** What a step needs of its machine. The catalogue of each target picks the machine. */
export interface MachineRequest {
  /** @default "cpu" */
  readonly accelerator?: Accelerator;
  /**
   * Accelerators on the machine.
   * @default 1 where an accelerator is named
   */
  readonly accelerators?: number;
  /**
   * Main memory the step needs, in GiB.
   * @default 8
   */
  readonly memoryGiB?: number;
}

/** What every step that runs as a job lets its author choose. */
export interface JobOptions {
  /** @default - one CPU machine with 8 GiB of memory */
  readonly machine?: MachineRequest;
  /**
   * The step is stopped, and counts as failed, after this many minutes.
   * @default 60
   */
  readonly timeoutMinutes?: number;
}

/** Bounds of one metric; at least one of the two. Both are inclusive. */
export interface MetricBounds {
  readonly min?: number;
  readonly max?: number;
}

/** How much worse than its baseline a metric may get. */
export interface MetricLoss {
  /** Largest accepted loss, in the metric's own unit, 0 or more. Higher is better unless `goal` says otherwise. */
  readonly maxLoss: number;
  /** @default "maximize" */
  readonly goal?: 'maximize' | 'minimize';
}

/** Largest accepted difference between two runs of a model: |a − b| ≤ absolute + relative × |b|. */
export interface Tolerance {
  /** @default 1e-4 */
  readonly absolute?: number;
  /** @default 0 */
  readonly relative?: number;
}

/** Accepted difference where nothing else is said. */
export const DEFAULT_TOLERANCE: Required<Tolerance> = { absolute: 1e-4, relative: 0 };

/** Two levels of an alarm. Give one or both. */
export interface Levels {
  readonly warning?: number;
  readonly critical?: number;
}
