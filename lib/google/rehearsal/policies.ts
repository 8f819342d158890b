import { holds } from './condition';
import { ROLES } from './roles';
import { resolve, type Resource, resourcesOf, type StackBody } from './stack';

/** A membership that a stack makes. */
export interface Grant {
  /** Id of the resource in the stack. */
  readonly id: string;
  readonly member: string;
  readonly role: string;
  readonly permissions: readonly string[];
  /** What it is granted on: `project`, `bucket:<name>`, `job:<name>`, `account:<email>`, … */
  readonly scope: string;
  readonly condition?: string;
}

/** What names the resource that a membership is on. */
const SCOPES: Readonly<Record<string, readonly [kind: string, argument: string]>> = {
  google_artifact_registry_repository_iam_member: ['repository', 'repository'],
  google_bigquery_dataset_iam_member: ['dataset', 'dataset_id'],
  google_cloud_run_v2_job_iam_member: ['job', 'name'],
  google_cloud_run_v2_service_iam_member: ['service', 'name'],
  google_kms_crypto_key_iam_member: ['key', 'crypto_key_id'],
  google_pubsub_topic_iam_member: ['topic', 'topic'],
  google_service_account_iam_member: ['account', 'service_account_id'],
  google_storage_bucket_iam_member: ['bucket', 'bucket'],
};

/** Every membership of a stack. */
export function grantsOf(stack: StackBody): Grant[] {
  return Object.keys(stack.resource ?? {})
    .filter((type) => type.endsWith('_iam_member'))
    .flatMap((type) =>
      resourcesOf(stack, type).map(([id, resource]) => {
        const role = resolve(stack, resource.role);
        return {
          id,
          member: resolve(stack, resource.member),
          role,
          permissions: permissionsOf(stack, role),
          scope: scopeOf(stack, type, resource),
          condition: conditionOf(resource),
        };
      }),
    );
}

function permissionsOf(stack: StackBody, role: string): readonly string[] {
  const custom = resourcesOf(stack, 'google_project_iam_custom_role').find(([, { role_id }]) =>
    role.endsWith(`/roles/${String(role_id)}`),
  );
  return custom ? (custom[1].permissions as string[]) : (ROLES[role] ?? []);
}

function scopeOf(stack: StackBody, type: string, resource: Resource): string {
  const [kind, argument] = SCOPES[type] ?? ['project', 'project'];
  if (kind === 'project') return 'project';
  const name = resolve(stack, resource[argument]);
  return `${kind}:${kind === 'account' || kind === 'bucket' ? (name.split('/').at(-1) ?? name) : name}`;
}

function conditionOf({ condition }: Resource): string | undefined {
  const [first] = [condition ?? []].flat() as { expression: string }[];
  return first?.expression;
}

/** What a permission is needed on. */
export interface Target {
  readonly scope: string;
  /** As conditions see it. @default - of no type that conditions know */
  readonly type?: string;
  readonly name?: string;
}

/** Judges what members do by the memberships of a stack, and remembers which of them it took. */
export class Authorizer {
  /** What was refused. */
  readonly denied: string[] = [];

  /** @param used ids of memberships that were taken; several may share it */
  constructor(
    private readonly grants: readonly Grant[],
    private readonly used: Set<string>,
  ) {}

  /** Whether a service account may do this. */
  allows(email: string, permission: string, { name = '', scope, type = '' }: Target): boolean {
    const allowing = this.grants.filter(
      (grant) =>
        grant.member === `serviceAccount:${email}` &&
        grant.permissions.includes(permission) &&
        (grant.scope === 'project' || grant.scope === scope) &&
        (grant.condition === undefined || holds(grant.condition, { name, type })),
    );
    for (const { id } of allowing) this.used.add(id);
    if (allowing.length === 0) this.denied.push(`${email} may not ${permission} on ${name || scope}`);
    return allowing.length > 0;
  }

  /** Memberships that nothing needed, but for those that a rehearsal does not see. */
  unused(): string[] {
    return this.grants
      .filter((grant) => !this.used.has(grant.id) && !isNotSeen(grant))
      .map(({ id, member, role }) => `${id}: ${member} ${role}`)
      .sort();
  }
}

/** Memberships that a rehearsal sees nothing of, with the reason. */
export const NOT_SEEN: readonly {
  readonly member?: RegExp;
  readonly role?: RegExp;
  readonly reason: string;
}[] = [
  {
    member: /@(gcp-sa-|gs-project-accounts|serverless-robot)/,
    reason: 'Google services act as their agents',
  },
  { role: /artifactregistry\.reader$/, reason: 'an image is pulled in the name of the job that runs it' },
  { role: /logging\.logWriter$/, reason: 'Workflows writes the log of calls in the name of the workflow' },
];

function isNotSeen(grant: Grant): boolean {
  return NOT_SEEN.some(
    ({ member, role }) => (member?.test(grant.member) ?? true) && (role?.test(grant.role) ?? true),
  );
}
