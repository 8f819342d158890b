import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository';
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { ContainerImage, type ImagePin } from './container-image';
import { checkProject, type Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';

/** Days after which an image without a tag is removed. */
const UNTAGGED_DAYS = 30;

export interface ContainerRegistryProps {
  readonly project: Project;
  /** 1 to 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly repositoryId?: string;
}

/**
 * A repository for the images that jobs and endpoints run: encrypted with a key of its own, with tags that
 * cannot be moved, looked through for known vulnerabilities.
 *
 * ```ts
 * const registry = new ContainerRegistry(stack, 'Images', { project });
 * const runtime = ServingRuntime.onnx(registry.image('serving', '1.0.0'));
 * ```
 */
export class ContainerRegistry extends Construct {
  /** Literal. */
  readonly repositoryId: string;
  readonly key: ServiceKey;
  readonly repository: ArtifactRegistryRepository;
  private readonly project: Project;

  constructor(scope: Construct, id: string, { project, repositoryId }: ContainerRegistryProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`container registry "${this.node.path}"`, checkProject(project));
    this.project = project;
    this.repositoryId = repositoryId ?? constructName(this);
    this.key = new ServiceKey(this, 'Key', { project, agents: ['artifactregistry'] });
    this.repository = new ArtifactRegistryRepository(this, 'Repository', {
      project: project.id,
      location: project.region,
      repositoryId: this.repositoryId,
      description: `Images of ${this.node.path}`,
      format: 'DOCKER',
      kmsKeyName: this.key.key.id,
      dockerConfig: { immutableTags: true },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      cleanupPolicyDryRun: false,
      cleanupPolicies: [
        {
          id: 'untagged',
          action: 'DELETE',
          condition: { tagState: 'UNTAGGED', olderThan: `${UNTAGGED_DAYS * 86_400}s` },
        },
      ],
      dependsOn: [...this.key.grants],
    });
  }

  /** An image of this repository, which whatever runs it is allowed to pull. */
  image(name: string, tag: string, pin: ImagePin = {}): ContainerImage {
    const { id: project, region: location } = this.project;
    return ContainerImage.fromArtifactRegistry({
      ...{ project, location, repository: this.repositoryId, image: name, tag },
      ...pin,
    });
  }

  /** Allows putting images into it. */
  grantPush(id: string, member: string): void {
    new ArtifactRegistryRepositoryIamMember(this, `Push${id}`, {
      project: this.project.id,
      location: this.project.region,
      repository: this.repository.repositoryId,
      role: 'roles/artifactregistry.writer',
      member,
    });
  }
}
