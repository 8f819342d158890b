import type { Json, MachineRequest, MetricBounds, MetricLoss } from '../definition';

export const STAGES = ['training', 'optimization', 'conversion', 'deployment', 'monitoring'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * A compiled definition: every step, its order, its gates and what happens when it fails. Targets
 * render it; none adds, drops or reorders a step. Plain data: `JSON.stringify` prints it whole.
 */
export interface Plan {
  readonly schemaVersion: 1;
  readonly pipeline: string;
  /** Id of the first step. */
  readonly start: string;
  /** In the order of a run without failures; the steps of the failure edges come last. */
  readonly steps: readonly Step[];
}

export type Step = JobStep | FunctionStep | GateStep | ApprovalStep | ReleaseStep | NotifyStep;

interface StepBase {
  /** Unique in the plan; kebab-case. */
  readonly id: string;
  readonly stage: Stage;
  /** What the step reads, under the names its program knows them by. */
  readonly inputs: Readonly<Record<string, ArtifactSource>>;
  /** What the step writes: directories `runs/<run>/<stage>/<id>/<output>/` of the artifact store. */
  readonly outputs: readonly string[];
  /** The step after this one; `null` ends the run as succeeded. */
  readonly next: string | null;
  /** The step that follows when this one fails; `null` ends the run as failed. */
  readonly onFailure: string | null;
}

/** Runs a stage program (Python) on a machine of its own. */
export interface JobStep extends StepBase {
  readonly kind: 'job';
  readonly program: JobProgram;
  readonly framework: 'pytorch' | 'tensorflow';
  readonly parameters: Readonly<Record<string, Json>>;
  readonly machine: MachineRequest;
  readonly timeoutMinutes: number;
  readonly capacity: 'on-demand' | 'spot';
  /** Spot capacity: minutes to wait for machines and to run, together. */
  readonly maxWaitMinutes?: number;
  /** The program keeps its state in a directory that outlives a try, and goes on from what is there. */
  readonly checkpoints: boolean;
  /** Machines to run on, in this order, where `machine` has no capacity. */
  readonly fallbackMachines: readonly MachineRequest[];
  /** Minutes for which machines are kept after a run. */
  readonly warmPoolMinutes?: number;
  /** Machines that run the program together. */
  readonly machines: number;
  readonly retry: Retry;
}

/** Runs an artifact program (TypeScript): seconds of work on a finished file. */
export interface FunctionStep extends StepBase {
  readonly kind: 'function';
  readonly program: FunctionProgram;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly timeoutMinutes: number;
  readonly retry: Retry;
}

/** Compares `metrics.json` of its inputs `metrics` and, for losses, `baseline` with its rules. */
export interface GateStep extends StepBase {
  readonly kind: 'gate';
  readonly rules: readonly GateRule[];
  /**
   * Where present, both verdicts lead to `next`, and later steps read what the verdict selects.
   * Where absent, a rejection follows `onFailure`.
   */
  readonly selects?: Readonly<Record<string, Selection>>;
}

export interface ApprovalStep extends StepBase {
  readonly kind: 'approval';
  readonly approval: 'automatic' | { readonly approvers: readonly string[]; readonly expiresHours: number };
}

/** Moves the endpoint to a version (`release`), or back to the last live one (`restore`). */
export interface ReleaseStep extends StepBase {
  readonly kind: 'release';
  readonly action: 'release' | 'restore';
  readonly strategy: 'all-at-once' | 'canary' | 'linear' | 'rolling';
  /** 100 for all-at-once. */
  readonly stepPercent: number;
  readonly waitMinutes: number;
}

export interface NotifyStep extends StepBase {
  readonly kind: 'notify';
  readonly event: 'failed';
  readonly recipients: readonly string[];
}

export type JobProgram =
  'preprocess' | 'train' | 'tune' | 'export' | 'evaluate' | 'prune' | 'distill' | 'quantize' | 'drift';

export type FunctionProgram = 'convert' | 'verify' | 'register' | 'baseline';

export type ArtifactSource =
  /** The raw data: `datasets/<pipeline>/`. */
  | { readonly from: 'dataset' }
  /** A directory of the artifact store that is there before the run; ends with `/`. */
  | { readonly from: 'store'; readonly prefix: string }
  /** An output of an earlier step. */
  | { readonly from: 'step'; readonly step: string; readonly output: string }
  /** What an earlier gate selected under this name. */
  | { readonly from: 'gate'; readonly gate: string; readonly name: string };

export interface Selection {
  readonly accepted: ArtifactSource;
  readonly rejected: ArtifactSource;
}

export type GateRule =
  | ({ readonly kind: 'bounds'; readonly metric: string } & MetricBounds)
  | ({ readonly kind: 'loss'; readonly metric: string } & Required<MetricLoss>);

export interface Retry {
  /** Tries after the first one. */
  readonly attempts: number;
  /** Seconds before the first retry; doubled before each further one. */
  readonly backoffSeconds: number;
}
