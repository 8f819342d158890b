import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member';
import type { Construct } from 'constructs';
import { type Issue, issue, throwIssues } from '../issue';

export interface ImagePin {
  /** `"sha256:…"`: this very image, whatever the tag names later. @default - the tag */
  readonly digest?: string;
}

export interface PytorchImageOptions extends ImagePin {
  /** @default "2.9.0" */
  readonly version?: string;
  /** @default "12.8" */
  readonly cuda?: string;
}

export interface TensorflowImageOptions extends ImagePin {
  /** @default "2.19.0" */
  readonly version?: string;
}

/** An image in a repository of Artifact Registry. */
export interface RepositoryImage extends ImagePin {
  readonly project: string;
  /** `europe-west4`, or the multi-region `europe`. */
  readonly location: string;
  readonly repository: string;
  readonly image: string;
  /** @default - needs a digest */
  readonly tag?: string;
}

/** An image that Vertex AI and Cloud Run can pull: from Artifact Registry, or public on Docker Hub. */
export abstract class ContainerImage {
  /** PyTorch's own image on Docker Hub: Python 3.11, CUDA; runs on machines without a GPU as well. */
  static pytorch({ version = '2.9.0', cuda = '12.8', digest }: PytorchImageOptions = {}): ContainerImage {
    return new PublicImage(`pytorch/pytorch:${version}-cuda${cuda}-cudnn9-runtime`, digest);
  }

  /** TensorFlow's own image on Docker Hub: Python 3.11, CUDA; runs on machines without a GPU as well. */
  static tensorflow({ version = '2.19.0', digest }: TensorflowImageOptions = {}): ContainerImage {
    return new PublicImage(`tensorflow/tensorflow:${version}-gpu`, digest);
  }

  /** An image in Artifact Registry, which the step's service account is allowed to pull. */
  static fromArtifactRegistry(image: RepositoryImage): ContainerImage {
    return new ArtifactRegistryImage(image);
  }

  /** A public image by its reference: `library/python:3.11-slim`. */
  static fromPublic(reference: string, { digest }: ImagePin = {}): ContainerImage {
    return new PublicImage(reference, digest);
  }

  /**
   * @param scope takes what allows the pull
   * @param members of policies that pull it: `serviceAccount:…`
   * @returns the reference of the image
   */
  abstract bind(scope: Construct, members: readonly string[]): string;
}

class PublicImage extends ContainerImage {
  constructor(
    private readonly reference: string,
    private readonly digest: string | undefined,
  ) {
    super();
    throwIssues(`image "${reference}"`, checkDigest(digest));
  }

  bind(): string {
    return this.digest === undefined ? this.reference : `${withoutTag(this.reference)}@${this.digest}`;
  }
}

class ArtifactRegistryImage extends ContainerImage {
  constructor(private readonly target: RepositoryImage) {
    super();
    const { digest, image, tag } = target;
    throwIssues(`image "${image}"`, [
      ...checkDigest(digest),
      ...(digest === undefined && tag === undefined
        ? [issue('image-version', 'tag', 'is missing, and so is a digest', 'Name a tag, or better a digest.')]
        : []),
    ]);
  }

  bind(scope: Construct, members: readonly string[]): string {
    const { digest, image, location, project, repository, tag } = this.target;
    members.forEach((member, index) => {
      new ArtifactRegistryRepositoryIamMember(scope, `Pull${repository}${index === 0 ? '' : String(index)}`, {
        project,
        location,
        repository,
        role: 'roles/artifactregistry.reader',
        member,
      });
    });
    const name = `${location}-docker.pkg.dev/${project}/${repository}/${image}`;
    return digest === undefined ? `${name}:${tag ?? ''}` : `${name}@${digest}`;
  }
}

function checkDigest(digest: string | undefined): Issue[] {
  if (digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)) return [];
  const fix = 'Give "sha256:" and 64 of 0–9 and a–f, as `docker buildx imagetools inspect` prints it.';
  return [issue('image-digest', 'digest', `is ${JSON.stringify(digest)}`, fix)];
}

function withoutTag(reference: string): string {
  return reference.replace(/:[^:/]+$/, '');
}
