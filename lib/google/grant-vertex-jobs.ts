import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import type { Construct } from 'constructs';
import type { Project } from './project';
import { terraformStackOf } from './resource-name';

/**
 * Allows running jobs of Vertex AI, once per stack and member. It has no role for jobs alone, and no
 * condition on their names; a job runs only as an account that the member may act as.
 */
export function grantVertexJobs(scope: Construct, project: Project, member: string): void {
  const stack = terraformStackOf(scope);
  const unique = `VertexJobs-${member}`;
  if (stack.node.tryFindChild(unique)) return;
  new ProjectIamMember(stack, unique, { project: project.id, role: 'roles/aiplatform.user', member });
}
