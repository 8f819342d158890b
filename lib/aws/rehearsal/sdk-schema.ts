/** A schema of the AWS SDK for JavaScript: `[1 list | 2 map | 3 structure, namespace, name, traits, …]`. */
type Schema = number | readonly unknown[] | (() => Schema);

/**
 * What is wrong with the parameters of a call: names the API does not know, members it requires, values of
 * another kind. Values computed in the run (`Name.$`) are taken for strings.
 */
export function schemaErrors(schema: unknown, value: unknown, path = ''): string[] {
  const resolved = resolve(schema as Schema);
  if (typeof resolved === 'number') return checkSimple(resolved, value, path);
  const [kind] = resolved;
  if (kind === 0) return schemaErrors(resolved[4], value, path);
  if (kind === 1) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((item, index) => schemaErrors(resolved[4], item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${path} is not an object`];
  if (kind === 2) {
    return Object.entries(value).flatMap(([key, inner]) =>
      schemaErrors(resolved[5], inner, `${path}.${key}`),
    );
  }
  return checkStructure(resolved, value as Record<string, unknown>, path);
}

function checkStructure(schema: readonly unknown[], value: Record<string, unknown>, path: string): string[] {
  const members = schema[4] as string[];
  const schemas = schema[5] as Schema[];
  const required = members.slice(0, (schema[6] as number | undefined) ?? 0);
  const names = Object.keys(value).map((name) => name.replace(/\.\$$/, ''));
  return [
    ...required.filter((name) => !names.includes(name)).map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const name = key.replace(/\.\$$/, '');
      const index = members.indexOf(name);
      if (index < 0) return [`${path}.${name} is unknown`];
      return schemaErrors(schemas[index], inner, `${path}.${name}`);
    }),
  ];
}

/** 64 is a list of, 128 a map of the simple kind in the lower bits: 0 string, 1 number, 2 boolean. */
function checkSimple(schema: number, value: unknown, path: string): string[] {
  const simple = schema & 0b1111;
  if (schema & 64 || schema & 128) {
    if (typeof value !== 'object' || value === null)
      return [`${path} is not a ${schema & 64 ? 'list' : 'map'}`];
    return Object.entries(value).flatMap(([key, inner]) => checkSimple(simple, inner, `${path}.${key}`));
  }
  const type = { 0: 'string', 1: 'number', 2: 'boolean' }[simple];
  return type === undefined || typeof value === type ? [] : [`${path} is no ${type}`];
}

function resolve(schema: Schema): number | readonly unknown[] {
  if (typeof schema === 'function') return resolve(schema());
  // A member with traits of its own: `[schema, traits]`.
  return Array.isArray(schema) && schema.length === 2
    ? resolve(schema[0] as Schema)
    : (schema as number | readonly unknown[]);
}
