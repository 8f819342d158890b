import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { containerAccount } from './container-registry';

/** What the framework and the processor of a job's image are. */
export interface TrainingImageOptions {
  /** @default - the newest the SageMaker Python SDK knows: PyTorch 2.8.0, TensorFlow 2.19.0 */
  readonly version?: string;
  /** @default "py312" */
  readonly python?: string;
  readonly processor: 'cpu' | 'gpu';
}

export interface TritonImageOptions {
  /** Release of Triton. @default "25.09" */
  readonly version?: string;
  /** @default "gpu" */
  readonly processor?: 'cpu' | 'gpu';
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
  }: TrainingImageOptions): ContainerImage {
    return new DeepLearningContainer('pytorch-training', `${version}-${processor}-${python}`);
  }

  /** AWS' Deep Learning Container for TensorFlow and Keras jobs. */
  static tensorflowTraining({
    version = '2.19.0',
    python = 'py312',
    processor,
  }: TrainingImageOptions): ContainerImage {
    return new DeepLearningContainer('tensorflow-training', `${version}-${processor}-${python}`);
  }

  /** NVIDIA Triton as AWS publishes it, for endpoints of the runtime `triton`. */
  static triton({ version = '25.09', processor = 'gpu' }: TritonImageOptions = {}): ContainerImage {
    const tag = processor === 'gpu' ? `${version}-py3` : `${version}-py3-cpu`;
    return new DeepLearningContainer('sagemaker-tritonserver', tag, WITHOUT_TRITON);
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

class DeepLearningContainer extends ContainerImage {
  constructor(
    private readonly repository: string,
    private readonly tag: string,
    private readonly without: readonly string[] = [],
  ) {
    super();
  }

  bind(scope: Construct, puller: IGrantable): string {
    const stack = Stack.of(scope);
    const account = containerAccount(scope, this.repository, this.without);
    grantPull(
      puller,
      stack.formatArn({ service: 'ecr', resource: 'repository', account, resourceName: this.repository }),
    );
    return `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${this.repository}:${this.tag}`;
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
