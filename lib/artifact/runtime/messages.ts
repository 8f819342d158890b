import type { Dimension } from '../../pipeline/definition';
import type { Tensor } from '../tensor';

/** An input or output as the runtime has it; `dtype` is the runtime's name of the element type. */
export interface RuntimeSpec {
  readonly dtype: string;
  readonly shape: readonly Dimension[];
}

/** What the parent asks of the child process; one question at a time. */
export type RuntimeRequest =
  | { readonly kind: 'load'; readonly file: string; readonly threads?: number }
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, Tensor>> }
  /** Writes the graph as onnxruntime's level `basic` leaves it: still of standard operators. */
  | { readonly kind: 'optimize'; readonly file: string; readonly target: string };

export interface LoadReply {
  readonly kind: 'loaded';
  readonly inputs: Readonly<Record<string, RuntimeSpec>>;
  readonly outputs: Readonly<Record<string, RuntimeSpec>>;
}

export interface RunReply {
  readonly kind: 'answered';
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Time in the runtime. */
  readonly milliseconds: number;
}

export interface OptimizeReply {
  readonly kind: 'optimized';
}

export interface FailureReply {
  readonly kind: 'failed';
  /** `runtime-missing` when onnxruntime-node itself cannot be loaded. */
  readonly code: 'runtime-missing' | 'model-load' | 'model-run';
  readonly message: string;
}

export type RuntimeReply = LoadReply | RunReply | OptimizeReply | FailureReply;
