import type { Template } from 'aws-cdk-lib/assertions';
import { flatten } from './flatten';

/**
 * A template as text to compare: a line for each property, and for each state of a state machine. Hashes
 * of assets are masked, as they change with every edit of the code; digests of models are not.
 */
export function renderTemplate(template: Template): string {
  const { Resources } = template.toJSON() as { Resources: Record<string, Record<string, unknown>> };
  const lines = Object.entries(Resources).flatMap(([id, { Properties = {}, Type, ...rest }]) => [
    `${id} ${String(Type)}`,
    ...renderEntries(rest),
    ...Object.entries(Properties as object).flatMap(([name, value]) =>
      name === 'DefinitionString' ? renderStates(value) : renderEntries({ [name]: value as unknown }),
    ),
  ]);
  return lines.join('\n').replace(/[0-9a-f]{64}(?=\.(zip|gz))/g, '<asset>');
}

function renderEntries(entries: object): string[] {
  return Object.entries(entries).map(([name, value]) => `  ${name}: ${JSON.stringify(flatten(value))}`);
}

function renderStates(definition: unknown): string[] {
  const { States, ...rest } = JSON.parse(flatten(definition) as string) as { States: object };
  return [...renderEntries(rest), ...renderEntries(States)];
}
