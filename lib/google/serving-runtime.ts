import type { Construct } from 'constructs';
import { type Issue, issue } from '../issue';
import type { ContainerImage } from './container-image';

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
  /** Share of a GPU's memory that it takes, above 0 to 1. @default 0.9 */
  readonly gpuMemoryShare?: number;
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

/** Vertex AI mounts 64 MiB of shared memory; the processes of a model on several GPUs exchange more. */
const VLLM_SHARED_MEMORY_MIB = 16_384;

const PORT = 8080;

/** A file of the store is never appended to; what an instance that is killed has collected is lost. */
const BATCH_SECONDS = 60;

/** What serves a model: the image, and how it is started. The model itself is not part of the image. */
export abstract class ServingRuntime {
  /** This library's server, an image of yours made once from `containers/serving`. */
  static onnx(image: ContainerImage, options: OnnxRuntimeOptions = {}): ServingRuntime {
    return new OnnxRuntime(image, options);
  }

  /** NVIDIA Triton. The model's directory holds a model repository. */
  static triton(image: ContainerImage): ServingRuntime {
    return new TritonRuntime(image);
  }

  /** vLLM, for language models; speaks OpenAI's protocol by `rawPredict`. */
  static vllm(image: ContainerImage, options: VllmOptions = {}): ServingRuntime {
    return new VllmRuntime(image, options);
  }

  /** An image of your own that keeps the contract of Vertex AI. */
  static container(image: ContainerImage, options: OwnContainerOptions): ServingRuntime {
    return new OwnRuntime(image, options);
  }

  /** Whether it uses a GPU where there is one. */
  abstract readonly usesGpu: boolean;

  constructor(private readonly image: ContainerImage) {}

  /** Reference of the image, which the members may pull from then on. */
  bindImage(scope: Construct, members: readonly string[]): string {
    return this.image.bind(scope, members);
  }

  /**
   * Variables that make it record requests and responses below a mounted directory of the store. Absent where
   * it cannot.
   *
   * @param samplePercent share of the requests, above 0 to 100
   */
  renderCapture?(directory: string, samplePercent: number): Readonly<Record<string, string>>;

  /** @param model directory or URI of the version, as the container sees it */
  abstract render(model: string, served?: ServedVersion): ServingContainer;

  /** What is wrong with it on a machine with so many GPUs. */
  abstract check(accelerators: number, path: string): Issue[];
}

class OnnxRuntime extends ServingRuntime {
  constructor(
    image: ContainerImage,
    private readonly options: OnnxRuntimeOptions,
  ) {
    super(image);
  }

  get usesGpu(): boolean {
    return this.options.executionProvider === 'cuda';
  }

  override renderCapture(directory: string, samplePercent: number): Readonly<Record<string, string>> {
    return {
      MODEL_PIPELINE_CAPTURE: directory,
      MODEL_PIPELINE_CAPTURE_PERCENT: String(samplePercent),
      MODEL_PIPELINE_CAPTURE_BATCH_SECONDS: String(BATCH_SECONDS),
    };
  }

  render(model: string, served?: ServedVersion): ServingContainer {
    return {
      environment: {
        // Where Vertex AI tells a URI the server fetches it by itself.
        ...(model !== STORAGE_URI && { MODEL_PIPELINE_DIRECTORY: model }),
        ...(served && {
          MODEL_PIPELINE_NAME: served.pipeline,
          MODEL_PIPELINE_EXPECT: served.version,
          MODEL_PIPELINE_DIGEST: served.digest,
        }),
        ...(this.usesGpu && { MODEL_PIPELINE_EXECUTION_PROVIDER: 'cuda' }),
      },
      port: PORT,
      healthRoute: '/ping',
      predictRoute: '/invocations',
    };
  }

  check(accelerators: number, path: string): Issue[] {
    return this.usesGpu ? needsGpu(accelerators, path, 'the execution provider "cuda"') : [];
  }
}

/** https://docs.cloud.google.com/vertex-ai/docs/predictions/using-nvidia-triton */
class TritonRuntime extends ServingRuntime {
  readonly usesGpu = true;

  render(model: string, served?: ServedVersion): ServingContainer {
    return {
      args: ['tritonserver', `--model-repository=${model}`, '--exit-on-error=true'],
      environment: served ? { MODEL_PIPELINE_DIGEST: served.digest } : {},
      port: 8000,
      healthRoute: '/v2/health/ready',
      predictRoute: `/v2/models/${served?.pipeline ?? 'model'}/infer`,
    };
  }

  check(): Issue[] {
    return [];
  }
}

/** https://docs.vllm.ai/en/stable/configuration/engine_args.html */
class VllmRuntime extends ServingRuntime {
  readonly usesGpu = true;
  private readonly devices: number;

  constructor(
    image: ContainerImage,
    private readonly options: VllmOptions,
  ) {
    super(image);
    this.devices = options.tensorParallel ?? 1;
  }

  render(model: string, served?: ServedVersion): ServingContainer {
    const { gpuMemoryShare = 0.9, maxModelLength } = this.options;
    return {
      command: ['python3', '-m', 'vllm.entrypoints.openai.api_server'],
      args: [
        '--host=0.0.0.0',
        `--port=${PORT}`,
        `--model=${model}`,
        `--served-model-name=${served?.pipeline ?? 'model'}`,
        `--tensor-parallel-size=${this.devices}`,
        `--gpu-memory-utilization=${gpuMemoryShare}`,
        ...(maxModelLength === undefined ? [] : [`--max-model-len=${maxModelLength}`]),
      ],
      environment: served ? { MODEL_PIPELINE_DIGEST: served.digest } : {},
      port: PORT,
      healthRoute: '/health',
      predictRoute: '/v1/chat/completions',
      sharedMemoryMiB: VLLM_SHARED_MEMORY_MIB,
    };
  }

  check(accelerators: number, path: string): Issue[] {
    const { gpuMemoryShare = 0.9 } = this.options;
    return [
      ...needsGpu(accelerators, path, 'vLLM'),
      ...(accelerators > 0 && this.devices > accelerators
        ? [
            issue(
              'tensor-parallel',
              path,
              `spreads the model over ${this.devices} GPUs; the machine has ${accelerators}`,
              'Lower tensorParallel, or ask for more accelerators.',
            ),
          ]
        : []),
      ...(gpuMemoryShare > 0 && gpuMemoryShare <= 1
        ? []
        : [
            issue(
              'gpu-memory-share',
              path,
              `has gpuMemoryShare ${gpuMemoryShare}`,
              'Give a share above 0, at most 1.',
            ),
          ]),
    ];
  }
}

class OwnRuntime extends ServingRuntime {
  readonly usesGpu = true;

  constructor(
    image: ContainerImage,
    private readonly options: OwnContainerOptions,
  ) {
    super(image);
  }

  render(_model: string, served?: ServedVersion): ServingContainer {
    const { environment = {}, port = PORT, ...options } = this.options;
    return {
      ...options,
      port,
      environment: { ...(served && { MODEL_PIPELINE_DIGEST: served.digest }), ...environment },
    };
  }

  check(_accelerators: number, path: string): Issue[] {
    return (['healthRoute', 'predictRoute'] as const)
      .filter((name) => !/^\/[\w/.:~-]*$/.test(this.options[name]))
      .map((name) =>
        issue('route', `${path}.${name}`, `is "${this.options[name]}"`, 'Give a path such as /predict.'),
      );
  }
}

function needsGpu(accelerators: number, path: string, what: string): Issue[] {
  return accelerators > 0
    ? []
    : [issue('runtime-without-gpu', path, `is ${what}; the machine has no GPU`, 'Ask for an accelerator.')];
}
