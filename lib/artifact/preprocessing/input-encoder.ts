import type { Dtype } from '../../pipeline/definition';
import type { TensorData } from '../tensor';

/** Turns one field of a raw input into one row of a model input. */
export interface InputEncoder {
  /** The field of the instance it reads. */
  readonly field: string;
  readonly dtype: Dtype;
  /** Of one instance, without the batch dimension. */
  readonly shape: readonly number[];
  /** Writes the row at `offset`, or says what is wrong with the value. */
  encode(value: unknown, target: TensorData, offset: number): Complaint | undefined;
}

/** What is wrong with a value, in words that follow its path. */
export interface Complaint {
  readonly message: string;
  readonly fix: string;
}
