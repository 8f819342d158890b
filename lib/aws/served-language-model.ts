import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { LanguageModel } from '../artifact';
import {
  type AwsMachine,
  checkLanguageModelFits,
  GPU_MEMORY_UTILIZATION,
  type LanguageModelSize,
  type Load,
  machineForLanguageModel,
} from '../hardware';
import { type Issue, IssueError, issue } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { startTimeouts } from './endpoint-settings';

export interface ServedLanguageModelProps {
  /** `LanguageModel.fromDirectory(…)`. */
  readonly model: LanguageModel;
  /** Holds the files under `models/<version>/`: put them there with `uploadCommand`. */
  readonly store: IArtifactStore;
  /** Tokens of prompt and answer together. @default - what the model was made for */
  readonly contextTokens?: number;
  /** Sequences that are generated at the same time; more wait. @default 8 */
  readonly sequences?: number;
  /** GPUs that one copy is spread over. @default 1 */
  readonly tensorParallel?: number;
}

/**
 * A causal language model served by vLLM in AWS' Large Model Inference container.
 *
 * ```ts
 * new ServedLanguageModel({ model: LanguageModel.fromDirectory('qwen3-8b'), store, contextTokens: 8192 });
 * ```
 */
export class ServedLanguageModel {
  readonly model: LanguageModel;
  /** SHA-256 over all files. */
  readonly digest: string;
  readonly version: string;
  readonly bytes: number;
  /** GPUs that one copy is spread over. */
  readonly tensorParallel: number;
  /** `s3://<bucket>/models/<version>/`. */
  readonly uri: string;
  private readonly prefix: string;
  private readonly store: IArtifactStore;
  private readonly load: Load;

  /** @throws IssueError when the numbers are none that vLLM takes */
  constructor({
    model,
    store,
    contextTokens = model.config.contextTokens,
    sequences = 8,
    tensorParallel = 1,
  }: ServedLanguageModelProps) {
    const load = { contextTokens, sequences, tensorParallel };
    const issues = loadIssues(load, model.config.contextTokens);
    if (issues.length > 0) throw new IssueError(`language model ${model.version}`, issues);
    this.model = model;
    this.store = store;
    this.load = load;
    this.digest = model.digest;
    this.version = model.version;
    this.bytes = model.bytes;
    this.tensorParallel = tensorParallel;
    this.prefix = `models/${model.version}/`;
    this.uri = store.s3Uri(this.prefix);
  }

  /** Puts the files where the endpoint reads them. Run it before the endpoint is deployed. */
  get uploadCommand(): string {
    return `aws s3 sync ${this.model.directory} ${this.uri} --exclude ".*"`;
  }

  /** The smallest machine that serves it, `undefined` where none of the catalogue does. */
  pickMachine(): AwsMachine | undefined {
    return machineForLanguageModel(this.size, this.load, 'aws');
  }

  check(machine: AwsMachine, path: string): Issue[] {
    return checkLanguageModelFits(this.size, this.load, machine, path);
  }

  /** Lets the model's role read the files. @returns where they are, and how they are served */
  bind(role: IGrantable): Pick<CfnModel.ContainerDefinitionProperty, 'modelDataSource'> & {
    readonly environment: Record<string, string>;
  } {
    this.store.grantRead(role, this.prefix);
    return {
      modelDataSource: {
        s3DataSource: { s3Uri: this.uri, s3DataType: 'S3Prefix', compressionType: 'None' },
      },
      environment: this.environment,
    };
  }

  private get size(): LanguageModelSize {
    const { config, weights } = this.model;
    return { ...config, weightBytes: weights.bytes };
  }

  /** https://docs.djl.ai/master/docs/serving/serving/docs/lmi/user_guides/vllm_user_guide.html */
  private get environment(): Record<string, string> {
    const { contextTokens, sequences, tensorParallel } = this.load;
    return {
      HF_MODEL_ID: '/opt/ml/model',
      // Nothing is fetched when the container starts, and no code that came with a model is run.
      HF_HUB_OFFLINE: '1',
      OPTION_TRUST_REMOTE_CODE: 'false',
      // vLLM's own batching, as LMI 15 and later recommend.
      OPTION_ROLLING_BATCH: 'disable',
      OPTION_ASYNC_MODE: 'true',
      OPTION_ENTRYPOINT: 'djl_python.lmi_vllm.vllm_async_service',
      OPTION_TENSOR_PARALLEL_DEGREE: String(tensorParallel),
      OPTION_MAX_MODEL_LEN: String(contextTokens),
      OPTION_MAX_NUM_SEQS: String(sequences),
      OPTION_MODEL_LOADING_TIMEOUT: String(
        startTimeouts(this.bytes).containerStartupHealthCheckTimeoutInSeconds,
      ),
      OPTION_GPU_MEMORY_UTILIZATION: String(GPU_MEMORY_UTILIZATION),
      // A container that cannot load the model ends, and says why, instead of waiting for its time to run out.
      SERVING_FAIL_FAST: 'true',
      MODEL_PIPELINE_DIGEST: this.digest,
    };
  }
}

function loadIssues({ contextTokens, sequences, tensorParallel }: Load, modelTokens: number): Issue[] {
  const issues = Object.entries({ contextTokens, sequences, tensorParallel })
    .filter(([, value]) => !Number.isSafeInteger(value) || value < 1)
    .map(([field, value]) =>
      issue('language-model-load', field, `is ${value}, wanted a whole number from 1`, 'Correct the number.'),
    );
  if (contextTokens > modelTokens) {
    const message = `is ${contextTokens}; the model was made for ${modelTokens} tokens`;
    issues.push(issue('language-model-load', 'contextTokens', message, `Choose at most ${modelTokens}.`));
  }
  return issues;
}
