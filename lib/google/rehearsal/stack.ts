/** A stack as Terraform reads it, `cdk.tf.json`. */
export interface StackBody {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
}

export type Resource = Readonly<Record<string, unknown>>;

/** Resources of a type, by their ids in the stack. */
export function resourcesOf({ resource = {} }: StackBody, type: string): (readonly [id: string, Resource])[] {
  return Object.entries(resource[type] ?? {});
}

/** A value with what it refers to in place of each reference, as far as that is known before a deployment. */
export function resolve(stack: StackBody, value: unknown): string {
  return String(value).replace(
    /\$\{(google_\w+)\.([\w-]+)\.(\w+)\}/g,
    (reference, type: string, id: string, attribute: string) =>
      attributeOf(stack, type, id, attribute) ?? reference,
  );
}

/** `<account>@<project>.iam.gserviceaccount.com` */
export function emailOf({ account_id, project }: Resource): string {
  return `${String(account_id)}@${String(project)}.iam.gserviceaccount.com`;
}

function attributeOf(stack: StackBody, type: string, id: string, attribute: string): string | undefined {
  const resource = stack.resource?.[type]?.[id];
  if (resource === undefined) return undefined;
  const { key_ring: ring, location, name, project } = resource;
  if (type === 'google_service_account') {
    const email = emailOf(resource);
    if (attribute === 'email') return email;
    if (attribute === 'member') return `serviceAccount:${email}`;
    return `projects/${String(project)}/serviceAccounts/${email}`;
  }
  if (attribute === 'id' && type === 'google_kms_key_ring')
    return `projects/${String(project)}/locations/${String(location)}/keyRings/${String(name)}`;
  if (attribute === 'id' && type === 'google_kms_crypto_key')
    return `${resolve(stack, ring)}/cryptoKeys/${String(name)}`;
  if (type === 'google_project_iam_custom_role')
    return `projects/${String(project)}/roles/${String(resource.role_id)}`;
  const value = resource[attribute] ?? (attribute === 'id' ? name : undefined);
  return typeof value === 'string' ? value : undefined;
}
