import type { Construct } from 'constructs';
import { GPU_MEMORY_UTILIZATION, type Load } from '../hardware';
import { type Issue, issue } from '../issue';
import { ContainerImage } from './container-image';
import {
  type OnnxRuntimeOptions,
  type OwnContainerOptions,
  type ServedVersion,
  type ServingContainer,
  STORAGE_URI,
  type VllmOptions,
} from './serving-container';

/** Vertex AI mounts 64 MiB of shared memory; the processes of a model on several GPUs exchange more. */
const VLLM_SHARED_MEMORY_MIB = 16_384;

const PORT = 8080;

/** A file of the store is never appended to; what an instance that is killed has collected is lost. */
const BATCH_SECONDS = 60;

/**
 * vLLM as Model Garden serves with it, in a public repository of Artifact Registry:
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/open-models/vllm/use-vllm
 */
const GOOGLE_VLLM =
  'us-docker.pkg.dev/vertex-ai/vertex-vision-model-garden-dockers/pytorch-vllm-serve:20260320_0916_RC01';

function googleVllmImage(): ContainerImage {
  return ContainerImage.fromPublic(GOOGLE_VLLM);
}

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

  /**
   * vLLM, for language models; speaks OpenAI's protocol by `rawPredict`.
   *
   * @param image Google's own, or a copy of `vllm/vllm-openai` from 0.11.1 on
   */
  static vllm(image: ContainerImage = googleVllmImage(), options: VllmOptions = {}): ServingRuntime {
    return new VllmRuntime(image, options);
  }

  /** An image of your own that keeps the contract of Vertex AI. */
  static container(image: ContainerImage, options: OwnContainerOptions): ServingRuntime {
    return new OwnRuntime(image, options);
  }

  /** What of a definition it serves; `own` may serve anything. */
  abstract readonly kind: 'onnx' | 'triton' | 'vllm' | 'own';

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

  /** The same for a language model with this load, which takes prompts. Absent where it takes none. */
  forPrompts?(load: Load): ServingRuntime;

  /** @param model directory or URI of the version, as the container sees it */
  abstract render(model: string, served?: ServedVersion): ServingContainer;

  /** What is wrong with it on a machine with so many GPUs. */
  abstract check(accelerators: number, path: string): Issue[];
}

class OnnxRuntime extends ServingRuntime {
  readonly kind = 'onnx';

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
  readonly kind = 'triton';
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
  readonly kind = 'vllm';
  readonly usesGpu = true;
  private readonly devices: number;

  constructor(
    private readonly vllm: ContainerImage,
    private readonly options: VllmOptions,
  ) {
    super(vllm);
    this.devices = options.tensorParallel ?? 1;
  }

  override forPrompts({ contextTokens: maxModelLength, sequences, tensorParallel }: Load): ServingRuntime {
    const load = { maxModelLength, sequences, tensorParallel, protocol: 'completions' } as const;
    return new VllmRuntime(this.vllm, { ...this.options, ...load });
  }

  render(model: string, served?: ServedVersion): ServingContainer {
    const {
      gpuMemoryShare = GPU_MEMORY_UTILIZATION,
      maxModelLength,
      protocol = 'completions',
      sequences,
    } = this.options;
    return {
      command: ['python3', '-m', 'vllm.entrypoints.openai.api_server'],
      args: [
        '--host=0.0.0.0',
        `--port=${PORT}`,
        `--model=${model}`,
        // Weights go from Cloud Storage to the GPU, without a copy on the disk.
        ...(model === STORAGE_URI ? ['--load-format=runai_streamer'] : []),
        `--served-model-name=${served?.pipeline ?? 'model'}`,
        `--tensor-parallel-size=${this.devices}`,
        `--gpu-memory-utilization=${gpuMemoryShare}`,
        ...(maxModelLength === undefined ? [] : [`--max-model-len=${maxModelLength}`]),
        ...(sequences === undefined ? [] : [`--max-num-seqs=${sequences}`]),
      ],
      environment: {
        // Nothing is fetched when the container starts.
        HF_HUB_OFFLINE: '1',
        ...(served && { MODEL_PIPELINE_DIGEST: served.digest }),
      },
      port: PORT,
      healthRoute: '/health',
      predictRoute: protocol === 'chat' ? '/v1/chat/completions' : '/v1/completions',
      sharedMemoryMiB: VLLM_SHARED_MEMORY_MIB,
    };
  }

  check(accelerators: number, path: string): Issue[] {
    const { gpuMemoryShare = GPU_MEMORY_UTILIZATION } = this.options;
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
  readonly kind = 'own';
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
