import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { Construct } from 'constructs';
import { throwIssues, issue } from '../issue';
import { checkProject, type Project } from './project';
import { constructName, terraformStackOf } from './resource-name';

/** The alias of the version that serves. */
export const LIVE_ALIAS = 'live';

export interface ModelRegistryProps {
  readonly project: Project;
  /** At most 63 of a–z, 0–9, `_` and `-`, beginning with a letter. @default - a name made from the construct's path */
  readonly modelId?: string;
}

/**
 * The versions of one model in Vertex AI's registry. Terraform cannot make models: the first upload makes
 * the model under this name, later ones add versions to it.
 *
 * ```ts
 * const registry = new ModelRegistry(stack, 'Registry', { project, modelId: 'spam-filter' });
 * registry.grantRegister('Release', runner.member);
 * ```
 */
export class ModelRegistry extends Construct {
  /** `modelId` of the first upload, literal. */
  readonly modelId: string;
  /** `parentModel` of later uploads: `projects/<id>/locations/<region>/models/<modelId>`, literal. */
  readonly modelName: string;
  private readonly project: Project;

  constructor(scope: Construct, id: string, { modelId, project }: ModelRegistryProps) {
    super(scope, id);
    terraformStackOf(this);
    this.project = project;
    this.modelId = modelId ?? constructName(this);
    throwIssues(`registry "${this.node.path}"`, [...checkProject(project), ...checkModelId(this.modelId)]);
    this.modelName = `projects/${project.id}/locations/${project.region}/models/${this.modelId}`;
  }

  /** Allows adding versions, and moving their aliases. */
  grantRegister(id: string, member: string): void {
    this.grant(`Register${id}`, member, 'roles/aiplatform.user');
  }

  /** Allows looking at versions. */
  grantRead(id: string, member: string): void {
    this.grant(`Read${id}`, member, 'roles/aiplatform.viewer');
  }

  private grant(id: string, member: string, role: string): void {
    new ProjectIamMember(this, id, { project: this.project.id, role, member });
  }
}

/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models/upload */
function checkModelId(modelId: string) {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(modelId)) return [];
  const fix = 'Choose 1 to 63 of a–z, 0–9, _ and -, beginning with a letter.';
  return [issue('model-id', 'modelId', `is "${modelId}"`, fix)];
}
