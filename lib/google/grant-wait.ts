import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import type { Construct } from 'constructs';
import type { Project } from './project';
import { constructName } from './resource-name';

/**
 * Allows waiting for jobs of Cloud Run, whose operations belong to the project, and nothing else.
 *
 * @param members `serviceAccount:…`, by what makes the ids of the grants
 */
export function grantWait(
  scope: Construct,
  project: Project,
  members: Readonly<Record<string, string>>,
): void {
  const role = new ProjectIamCustomRole(scope, 'Waiter', {
    project: project.id,
    roleId: `${constructName(scope, 50).replaceAll('-', '_')}_waiter`,
    title: `Waits for jobs of ${scope.node.path}`.slice(0, 100),
    permissions: ['run.operations.get'],
  });
  for (const [id, member] of Object.entries(members)) {
    new ProjectIamMember(scope, `Wait${id}`, { project: project.id, role: role.name, member });
  }
}
