import { arnOf, resourcesOf, type TemplateBody } from './resolve-template';

/** What a role is allowed. */
export interface Permission {
  readonly actions: readonly string[];
  /** ARNs; `*` stands for anything. */
  readonly resources: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface PolicyDocument {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: string | string[];
    readonly Condition?: Permission['condition'];
  }[];
}

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
      if (names.includes(id)) permissions.get(roleArn)?.push(...read(document as PolicyDocument));
    }
  }
  return permissions;
}

function read({ Statement }: PolicyDocument): Permission[] {
  return Statement.filter(({ Effect }) => Effect === 'Allow').map(({ Action, Resource, Condition }) => ({
    actions: [Action].flat(),
    resources: [Resource].flat(),
    condition: Condition,
  }));
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
