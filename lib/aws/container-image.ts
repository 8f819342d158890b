import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Issue, issue, throwIssues } from '../issue';
import { containerAccount } from './container-registry';

/** What the framework and the processor of a job's image are. */
export interface TrainingImageOptions {
  /** @default - the newest the SageMaker Python SDK knows: PyTorch 2.8.0, TensorFlow 2.19.0 */
  readonly version?: string;
  /** @default "py312" */
  readonly python?: string;
  readonly processor: 'cpu' | 'gpu';
  /** `"sha256:…"`: this very image, whatever the tag of the version names later. @default - the tag */
  readonly digest?: string;
  /** Account of the registry. @default - AWS' in the stack's region */
  readonly account?: string;
}

export interface TritonImageOptions {
  /** Release of Triton. @default "25.09" */
  readonly version?: string;
  /** @default "gpu" */
  readonly processor?: 'cpu' | 'gpu';
  /** `"sha256:…"`: this very image, whatever the tag of the version names later. @default - the tag */
  readonly digest?: string;
  /** Account of the registry. @default - AWS' in the stack's region */
  readonly account?: string;
}

export interface ImageAssetOptions {
  /** The Dockerfile, relative to the directory. @default "Dockerfile" */
  readonly file?: string;
  /** Stage of the Dockerfile to build. @default - the last one */
  readonly target?: string;
  /** @default {} */
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/** Regions for which the SageMaker Python SDK lists no Triton image. */
const WITHOUT_TRITON = ['cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1'];

/** A container image that SageMaker runs: a job's, or an endpoint's. */
export abstract class ContainerImage {
  /** AWS' Deep Learning Container for PyTorch jobs. */
  static pytorchTraining({
    version = '2.8.0',
    python = 'py312',
    processor,
    ...pin
  }: TrainingImageOptions): ContainerImage {
    return new DeepLearningContainer('pytorch-training', `${version}-${processor}-${python}`, pin);
  }

  /** AWS' Deep Learning Container for TensorFlow and Keras jobs. */
  static tensorflowTraining({
    version = '2.19.0',
    python = 'py312',
    processor,
    ...pin
  }: TrainingImageOptions): ContainerImage {
    return new DeepLearningContainer('tensorflow-training', `${version}-${processor}-${python}`, pin);
  }

  /** NVIDIA Triton as AWS publishes it, for endpoints of the runtime `triton`. */
  static triton({ version = '25.09', processor = 'gpu', ...pin }: TritonImageOptions = {}): ContainerImage {
    const tag = processor === 'gpu' ? `${version}-py3` : `${version}-py3-cpu`;
    return new DeepLearningContainer('sagemaker-tritonserver', tag, pin, WITHOUT_TRITON);
  }

  /**
   * An image in a repository of yours: this library's server, for one.
   *
   * @param tagOrDigest `"1.4.0"`, or `"sha256:…"`
   */
  static fromEcrRepository(repository: IRepository, tagOrDigest: string): ContainerImage {
    return new EcrImage(repository, tagOrDigest);
  }

  /**
   * An image that `cdk deploy` builds from a Dockerfile and pushes: it needs Docker.
   *
   * @param directory of the Dockerfile and all that it copies
   */
  static fromAsset(directory: string, options: ImageAssetOptions = {}): ContainerImage {
    return new AssetImage(directory, options);
  }

  /**
   * An image by its full name. Whoever runs it must be allowed to pull it by other means: nothing is
   * granted here.
   */
  static fromUri(imageUri: string): ContainerImage {
    return new UriImage(imageUri);
  }

  /**
   * Resolves the image for a stack and lets `puller` pull it.
   *
   * @returns the image's full name
   */
  abstract bind(scope: Construct, puller: IGrantable): string;
}

interface ImagePin {
  readonly digest?: string;
  readonly account?: string;
}

class DeepLearningContainer extends ContainerImage {
  constructor(
    private readonly repository: string,
    private readonly tag: string,
    private readonly pin: ImagePin,
    private readonly without: readonly string[] = [],
  ) {
    super();
    throwIssues(`image "${repository}"`, checkDigest(pin.digest));
  }

  bind(scope: Construct, puller: IGrantable): string {
    const stack = Stack.of(scope);
    const account = this.pin.account ?? containerAccount(scope, this.repository, this.without);
    const reference = this.pin.digest === undefined ? `:${this.tag}` : `@${this.pin.digest}`;
    grantPull(
      puller,
      stack.formatArn({ service: 'ecr', resource: 'repository', account, resourceName: this.repository }),
    );
    return `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${this.repository}${reference}`;
  }
}

function checkDigest(digest: string | undefined): Issue[] {
  if (digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)) return [];
  const fix = 'Give "sha256:" and 64 of 0–9 and a–f, as `docker buildx imagetools inspect` prints it.';
  return [issue('image-digest', 'digest', `is ${JSON.stringify(digest)}`, fix)];
}

class AssetImage extends ContainerImage {
  constructor(
    private readonly directory: string,
    private readonly options: ImageAssetOptions,
  ) {
    super();
  }

  bind(scope: Construct, puller: IGrantable): string {
    const { buildArgs, ...options } = this.options;
    const { imageUri, repository } = new DockerImageAsset(scope, 'Image', {
      directory: this.directory,
      platform: Platform.LINUX_AMD64,
      exclude: ['**/__pycache__', '.git', '.venv'],
      ...options,
      ...(buildArgs && { buildArgs: { ...buildArgs } }),
    });
    grantPull(puller, repository.repositoryArn);
    return imageUri;
  }
}

class EcrImage extends ContainerImage {
  constructor(
    private readonly repository: IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  bind(_scope: Construct, puller: IGrantable): string {
    grantPull(puller, this.repository.repositoryArn);
    return this.repository.repositoryUriForTagOrDigest(this.tagOrDigest);
  }
}

class UriImage extends ContainerImage {
  constructor(private readonly imageUri: string) {
    super();
  }

  bind(): string {
    return this.imageUri;
  }
}

function grantPull(grantee: IGrantable, repositoryArn: string): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    resourceArns: [repositoryArn],
  });
  // Names no resource: the token is the account's.
  Grant.addToPrincipal({ grantee, actions: ['ecr:GetAuthorizationToken'], resourceArns: ['*'] });
}
