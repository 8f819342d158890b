import type { Preprocessing, Tensor } from '../artifact';
import type { ModelSignature } from '../pipeline/definition';

/** What a request is decoded against and a response is named after. */
export interface ModelContract {
  readonly name: string;
  readonly version: string;
  readonly signature: ModelSignature;
  /** Absent where clients send tensors. */
  readonly preprocessing?: Preprocessing;
}

/** A decoded request; every form of body ends as one of these. */
export interface InferenceRequest {
  /** Raw inputs, answered with predictions, or tensors, answered with tensors. */
  readonly form: 'instances' | 'tensors';
  /** The client's name for the request, returned with the response. */
  readonly id?: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Instances in the request: the first dimension of its inputs. */
  readonly batch: number;
  /** Outputs to return, in this order. */
  readonly outputs: readonly RequestedOutput[];
}

export interface RequestedOutput {
  readonly name: string;
  /** As bytes after the JSON; absent where the request leaves it open. */
  readonly binary?: boolean;
}
