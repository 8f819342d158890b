/** Arguments of a resource, or fields of a request. */
export type Properties = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}

/** The blocks of one name: Terraform takes a single one without a list around it. */
export function blocksOf(value: unknown): readonly Properties[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(objectOf);
}

export function blockOf(value: unknown): Properties {
  return blocksOf(value)[0] ?? {};
}

export function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}

/** Text that is known in full before the deployment. */
export function literalOf(value: unknown): string | undefined {
  return typeof value === 'string' && !value.includes('${') ? value : undefined;
}

/** A number that is known; Terraform takes it as text too. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
