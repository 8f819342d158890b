import type { Tensor } from './tensor';

/** What the model answered where it was made. */
export interface GoldenSamples {
  /** `"torch 2.13.0"`. */
  readonly producer: string;
  readonly samples: readonly GoldenSample[];
}

export interface GoldenSample {
  readonly id: string;
  /** What a client sends for this instance; absent where clients send tensors. */
  readonly input?: unknown;
  /** Batch size 1. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Batch size 1. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}
