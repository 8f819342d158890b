const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** A value of a template with its functions carried out: a reference becomes the logical id it names. */
export function flatten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flatten);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1) {
    if (name === 'Ref') return PSEUDO[argument as string] ?? argument;
    if (name === 'Fn::GetAtt') return renderAttribute(argument as [string, string]);
    if (name === 'Fn::Sub')
      return (argument as string).replace(/\$\{([^}]+)\}/g, (_, ref: string) => PSEUDO[ref] ?? ref);
    if (name === 'Fn::FindInMap') return '763104351884';
    if (name === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(flatten).join(separator);
    }
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key, flatten(inner)]));
}

function renderAttribute([logicalId, attribute]: [string, string]): string {
  return attribute.endsWith('Arn') || attribute === 'TopicArn'
    ? `arn:aws:test:eu-central-1:123456789012:${logicalId}`
    : logicalId;
}
