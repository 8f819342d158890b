/** How a container serves, as far as the service that runs it must know. */
export interface ServingContainer {
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** @default - the image's own */
  readonly args?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** Answers 200 once the model is loaded. */
  readonly healthRoute: string;
  readonly predictRoute: string;
  /** Shared memory of the container, in MiB. @default - 64 */
  readonly sharedMemoryMiB?: number;
}

export interface ServedVersion {
  readonly pipeline: string;
  readonly version: string;
  readonly digest: string;
}

export interface OnnxRuntimeOptions {
  /** `cuda` needs an image with the CUDA libraries, and a GPU. @default "cpu" */
  readonly executionProvider?: 'cpu' | 'cuda';
}

export interface VllmOptions {
  /** GPUs that one copy is spread over. @default 1 */
  readonly tensorParallel?: number;
  /** Longest prompt and answer together, in tokens. @default - what the model says */
  readonly maxModelLength?: number;
  /** Sequences that are generated at the same time; more wait. @default - vLLM's own choice for the GPU */
  readonly sequences?: number;
  /** Share of a GPU's memory that it takes, above 0 to 1. @default 0.9 */
  readonly gpuMemoryShare?: number;
  /** What requests are, of OpenAI's protocol: a prompt, or the messages of a chat. @default "completions" */
  readonly protocol?: 'completions' | 'chat';
}

export interface OwnContainerOptions {
  /** @default 8080 */
  readonly port?: number;
  readonly healthRoute: string;
  readonly predictRoute: string;
  /** @default - the image's own */
  readonly command?: readonly string[];
  /** @default - the image's own */
  readonly args?: readonly string[];
  /** @default {} */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where a container finds its model: a URI that Vertex AI tells it, or a directory that is mounted. */
export const STORAGE_URI = '$(AIP_STORAGE_URI)';
