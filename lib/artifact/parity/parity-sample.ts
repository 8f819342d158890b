import type { Tensor } from '../tensor';

/** Inputs of one run; a golden sample is one. */
export interface ParitySample {
  readonly id: string;
  /** By the reference's names. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** What the framework answered; read where the reference is `"recorded"`. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
}
