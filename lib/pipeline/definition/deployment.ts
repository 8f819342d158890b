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
   * `vllm`: vLLM, takes prompts; for language models alone.
   * @default "onnx", and "vllm" for a language model
   */
  readonly runtime?: ServingRuntime;
  /**
   * `real-time`: answers at once, from machines that are always there.
   * `serverless`: answers at once, from instances that are there while there are requests.
   * `asynchronous`: requests wait in a queue until a machine has time for them.
   * @default "real-time"
   */
  readonly mode?: EndpointMode;
  /** Of a serverless endpoint, what one instance has. */
  readonly machine: MachineRequest;
  /** @default - one replica */
  readonly replicas?: Replicas;
  /** Of a language model. @default - one GPU per copy, 8 sequences, one prompt to try it with */
  readonly generation?: Generation;
}

export type ServingRuntime = 'onnx' | 'triton' | 'vllm';

/** How a language model generates. */
export interface Generation {
  /** GPUs that one copy of the model is spread over. @default 1 */
  readonly tensorParallel?: number;
  /** Sequences that are generated at the same time, each of up to `contextTokens`; more wait. @default 8 */
  readonly sequences?: number;
  /**
   * What a released version must continue before it stays: 1 to 100. @default ["Hello"]
   */
  readonly prompts?: readonly string[];
  /** Tokens to continue each of `prompts` by. @default 16 */
  readonly promptTokens?: number;
}

export type EndpointMode = 'real-time' | 'serverless' | 'asynchronous';

/** How many copies serve. Where max is above min, exactly one of the targets says when to scale. */
export interface Replicas {
  /**
   * 0 only where there may be no copy while there are no requests.
   * @default 1, and 0 on a serverless endpoint
   */
  readonly min?: number;
  /**
   * A serverless endpoint scales up to it by itself: it has one request at a time on each copy.
   * @default - the same as min: no scaling
   */
  readonly max?: number;
  /** Target: requests per minute and replica. */
  readonly requestsPerMinute?: number;
  /** Target: requests that one replica works on at the same time. */
  readonly concurrentRequests?: number;
  /** Target: utilisation of a replica's GPUs, in percent of all of them. */
  readonly gpuPercent?: number;
  /** Target: requests that wait per replica of an asynchronous endpoint. */
  readonly backlog?: number;
}

/** What scaling can aim for. */
export const SCALING_METRICS = ['requestsPerMinute', 'concurrentRequests', 'gpuPercent', 'backlog'] as const;
export type ScalingMetric = (typeof SCALING_METRICS)[number];

export type Release =
  | { readonly strategy: 'all-at-once'; readonly waitMinutes?: number }
  | {
      readonly strategy: 'canary' | 'linear' | 'rolling';
      /** Share of the traffic (canary, linear) or of the machines (rolling) that moves per step, 5 to 50. */
      readonly stepPercent: number;
      /** Minutes of watching after each step, 0 to 60. @default 5 */
      readonly waitMinutes?: number;
    };
