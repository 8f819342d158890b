/** An object of a template or of a state machine, once it is flat. */
export type Properties = Readonly<Record<string, unknown>>;

/**
 * A value of a template as far as it is known before deployment: text is joined, a reference becomes
 * `${LogicalId}` or `${LogicalId.Attribute}`. Two values are the same where their flat forms are.
 */
export function flatten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flatten);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined], ...others] = Object.entries(value) as [string, unknown][];
  if (others.length === 0) {
    if (name === 'Ref') return argument === 'AWS::NoValue' ? undefined : `\${${String(argument)}}`;
    if (name === 'Fn::GetAtt') return `\${${[argument].flat().join('.')}}`;
    if (name === 'Fn::Sub' && typeof argument === 'string') return argument;
    if (name === 'Fn::Join' && Array.isArray(argument)) return join(argument);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, flatten(inner)]));
}

function join([separator, parts]: readonly unknown[]): unknown {
  if (!Array.isArray(parts)) return undefined;
  return parts.map((part) => textOf(flatten(part))).join(String(separator));
}

function textOf(value: unknown): string {
  // A function of the template that is not carried out: some text, without quotes to break what is around.
  return typeof value === 'string' ? value : '${?}';
}

export function objectOf(value: unknown): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : {};
}

export function listOf(value: unknown): readonly Properties[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

/** A number that is known; CloudFormation takes it as text too. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Text that is known in full. */
export function literalOf(value: unknown): string | undefined {
  return typeof value === 'string' && !value.includes('${') ? value : undefined;
}
