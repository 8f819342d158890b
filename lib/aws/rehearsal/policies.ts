import { type Permission, permissionsIn } from '../rules/policies';
import { arnOf, resourcesOf, type TemplateBody } from './resolve-template';

export type { Permission };

/** The permissions of every role of a template, by the role's ARN. */
export function permissionsOf(template: TemplateBody): Map<string, Permission[]> {
  const roles = resourcesOf(template, 'AWS::IAM::Role').map(
    ([id]) => [id, arnOf('AWS::IAM::Role', id)] as const,
  );
  const permissions = new Map<string, Permission[]>(roles.map(([, roleArn]) => [roleArn, []]));
  // A policy that is too large for its role goes on in a managed one.
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resourcesOf(template, type),
  );
  for (const [, { PolicyDocument: document, Roles }] of policies) {
    const names = Roles as string[];
    for (const [id, roleArn] of roles) {
      if (names.includes(id)) permissions.get(roleArn)?.push(...permissionsIn(document));
    }
  }
  return permissions;
}

/** Whether a permission covers a call, as IAM judges it. A condition on what the call does not tell fails. */
export function covers(
  { actions, resources, condition = {} }: Permission,
  action: string,
  resource: string,
  context: Readonly<Record<string, string>>,
): boolean {
  if (!actions.includes(action) || !resources.some((pattern) => matches(pattern, resource))) return false;
  return Object.values(condition).every((keys) =>
    Object.entries(keys).every(([key, allowed]) => {
      const value = context[key];
      return value !== undefined && [allowed].flat().some((pattern) => matches(String(pattern), value));
    }),
  );
}

function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}
