import type { ExecutionProvider } from '../artifact';

/** How a server serves; every limit has the default of SageMaker's real-time endpoints. */
export interface ServerOptions {
  /**
   * Larger bodies are refused with 413. SageMaker forwards up to 25 MB to a real-time endpoint.
   * @default 26214400
   */
  readonly maxBodyBytes?: number;
  /** Requests that may wait for the model; one more is refused with 503. @default 100 */
  readonly maxQueue?: number;
  /**
   * Instances one run may hold when requests that wait are run together; 1 runs each alone. They only
   * are where verification found that a sample's answer does not depend on its batch.
   * @default 32
   */
  readonly maxBatch?: number;
  /**
   * A request is answered with 504 after this many milliseconds, and a run that takes longer is
   * ended. SageMaker waits 60 seconds for a container.
   * @default 60000
   */
  readonly timeoutMs?: number;
  /**
   * `close` lets requests finish for this many milliseconds. SageMaker kills a container 30 seconds
   * after it asked it to stop.
   * @default 25000
   */
  readonly drainMs?: number;
  /** Loading the model may take this many milliseconds. @default 240000 */
  readonly startTimeoutMs?: number;
  /** Threads within one operator. @default - what onnxruntime chooses: one per physical core */
  readonly threads?: number;
  /** What runs the model; `cuda` needs onnxruntime's CUDA libraries and a GPU. @default "cpu" */
  readonly executionProvider?: ExecutionProvider;
  /** Path that answers as `/ping` does, beside it. @default - none */
  readonly healthPath?: string;
  /** Path that answers as `/invocations` does, beside it. @default - none */
  readonly predictPath?: string;
  /** Hears of every request but health checks, and of the model going down and up. @default - nobody */
  readonly onEvent?: (event: ServerEvent) => void;
}

export type ServerEvent =
  | {
      readonly event: 'request';
      /** As `x-request-id` of the response has it. */
      readonly id: string;
      readonly method: string;
      readonly path: string;
      /** 499 where the client left before the answer. */
      readonly status: number;
      readonly ms: number;
      /** Instances in the request; absent where it could not be read. */
      readonly batch?: number;
      /** Why the server failed; present from status 500 on. Never holds what the client sent. */
      readonly cause?: string;
    }
  | { readonly event: 'model-up' }
  | { readonly event: 'model-down'; readonly cause: string };
