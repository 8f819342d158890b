import type { MachineRequest } from './common';

/** Stage 4: a registered version, approved, released, and restored when the release fails. */
export interface Deployment {
  /** @default "automatic" */
  readonly approval?: 'automatic' | ManualApproval;
  readonly endpoint: Endpoint;
  /** @default - all at once, 5 minutes of watching */
  readonly release?: Release;
}

export interface ManualApproval {
  /** Mail addresses asked to approve. At least one. */
  readonly approvers: readonly string[];
  /** No answer within this many hours counts as rejected. @default 72 */
  readonly expiresHours?: number;
}

export interface Endpoint {
  /**
   * `onnx`: this library's server, takes raw input where the model travels with its preprocessing.
   * `triton`: NVIDIA Triton, takes tensors.
   * @default "onnx"
   */
  readonly runtime?: 'onnx' | 'triton';
  readonly machine: MachineRequest;
  /** @default - one replica */
  readonly replicas?: Replicas;
}

export interface Replicas {
  /** @default 1 */
  readonly min?: number;
  /** @default - the same as min: no scaling */
  readonly max?: number;
  /** Requests per minute and replica that scaling aims for. Needed where max is above min. */
  readonly requestsPerMinute?: number;
}

export type Release =
  | { readonly strategy: 'all-at-once'; readonly waitMinutes?: number }
  | {
      readonly strategy: 'canary' | 'linear' | 'rolling';
      /** Share of the traffic (canary, linear) or of the machines (rolling) that moves per step, 5 to 50. */
      readonly stepPercent: number;
      /** Minutes of watching after each step, 0 to 60. @default 5 */
      readonly waitMinutes?: number;
    };
