import type { Dimension } from '../../pipeline/definition';
import type { AnyTensor } from '../tensor';

/** An input or output as the runtime has it; `dtype` is the runtime's name of the element type. */
export interface RuntimeSpec {
  readonly dtype: string;
  readonly shape: readonly Dimension[];
}

/** What runs the model's operators; on `cuda`, those that it does not know run on the CPU. */
export type ExecutionProvider = 'cpu' | 'cuda';

/** What the parent asks of the child process; one question at a time. */
export type RuntimeRequest =
  | {
      readonly kind: 'load';
      readonly file: string;
      readonly threads?: number;
      readonly executionProvider?: ExecutionProvider;
      /** Whether inputs and outputs of types that the binding does not carry are cast inside the graph. */
      readonly adaptTypes?: boolean;
    }
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, AnyTensor>> }
  | { readonly kind: 'unload' }
  /** Writes the graph as onnxruntime's level `basic` leaves it: still of standard operators. */
  | { readonly kind: 'optimize'; readonly file: string; readonly target: string };

export interface LoadReply {
  readonly kind: 'loaded';
  readonly inputs: Readonly<Record<string, RuntimeSpec>>;
  readonly outputs: Readonly<Record<string, RuntimeSpec>>;
  readonly peakMemoryBytes: number;
}

export interface RunReply {
  readonly kind: 'answered';
  readonly outputs: Readonly<Record<string, AnyTensor>>;
  /** Time in the runtime. */
  readonly milliseconds: number;
  readonly peakMemoryBytes: number;
}

export interface UnloadReply {
  readonly kind: 'unloaded';
  /** Resident memory without the model. */
  readonly memoryBytes: number;
}

export interface OptimizeReply {
  readonly kind: 'optimized';
}

export interface FailureReply {
  readonly kind: 'failed';
  /** `runtime-missing` when onnxruntime-node itself cannot be loaded. */
  readonly code:
    'runtime-missing' | 'provider-missing' | 'model-load' | 'model-run' | 'model-memory' | 'element-type';
  readonly message: string;
}

export type RuntimeReply = LoadReply | RunReply | UnloadReply | OptimizeReply | FailureReply;
