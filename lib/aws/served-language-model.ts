import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { type LanguageModel, VerifiedLanguageModel } from '../artifact';
import { LANGUAGE_MODEL_DIRECTORY } from '../artifact/manifest';
import {
  type AwsMachine,
  checkLanguageModelFits,
  type LanguageModelSize,
  type Load,
  machineForLanguageModel,
} from '../hardware';
import { type Issue, issue, throwIssues } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { lmiEnvironment, uncompressedModel } from './lmi-container';

export interface ServedLanguageModelProps {
  /**
   * `VerifiedLanguageModel.fromDirectory(…)` of a registered version, or `VerifiedLanguageModel.fromFiles(…)` of
   * a model that was made elsewhere: nothing else is served.
   */
  readonly model: VerifiedLanguageModel;
  /**
   * Holds the files under `models/<version>/`: put them there with `uploadCommand`, unless a pipeline did.
   */
  readonly store: IArtifactStore;
  /**
   * Tokens of prompt and answer together.
   * @default - what a version's signature declares; what any other model was made for
   */
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
 * const model = VerifiedLanguageModel.fromFiles('qwen3-8b', 'qwen3-8b.json');
 * new ServedLanguageModel({ model, store, contextTokens: 8192 });
 * ```
 */
export class ServedLanguageModel {
  /** The files that are served. */
  readonly model: LanguageModel;
  /** SHA-256 over them. */
  readonly digest: string;
  readonly version: string;
  readonly bytes: number;
  /** GPUs that one copy is spread over. */
  readonly tensorParallel: number;
  /** Of the files: `s3://<bucket>/models/<version>/`, and in it `model/` of a registered version. */
  readonly uri: string;
  /** Puts the files where the endpoint reads them. Run it before the endpoint is deployed. */
  readonly uploadCommand: string;
  private readonly prefix: string;
  private readonly store: IArtifactStore;
  private readonly load: Load;

  /** @throws IssueError when the model is not a verified one, or the numbers are none that vLLM takes */
  constructor(props: ServedLanguageModelProps) {
    const { model: verified, store, sequences = 8, tensorParallel = 1 } = props;
    throwIssues('language model', verifiedIssues(verified));
    const { directory, model, signature, version } = verified;
    const { contextTokens = (signature ?? model.config).contextTokens } = props;
    const load = { contextTokens, sequences, tensorParallel };
    throwIssues(`language model ${version}`, loadIssues(load, model.config.contextTokens));
    const place = `models/${version}/`;
    this.model = model;
    this.store = store;
    this.load = load;
    this.digest = model.digest;
    this.version = version;
    this.bytes = model.bytes;
    this.tensorParallel = tensorParallel;
    this.prefix = signature ? `${place}${LANGUAGE_MODEL_DIRECTORY}/` : place;
    this.uri = store.s3Uri(this.prefix);
    this.uploadCommand = `aws s3 sync ${directory} ${store.s3Uri(place)} --exclude ".*"`;
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
    const { bytes, digest, load, uri } = this;
    return {
      modelDataSource: uncompressedModel(uri),
      environment: lmiEnvironment({ load, modelBytes: bytes, digest }),
    };
  }

  private get size(): LanguageModelSize {
    const { config, weights } = this.model;
    return { ...config, weightBytes: weights.bytes };
  }
}

/** Plain JavaScript can pass anything for a model. */
function verifiedIssues(model: unknown): Issue[] {
  if (model instanceof VerifiedLanguageModel) return [];
  const fix =
    'Verify the files with `model-pipeline verify <directory> --report <file>`, and pass VerifiedLanguageModel.fromFiles(directory, file).';
  return [issue('language-model-not-verified', 'model', 'is not a verified language model', fix)];
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
