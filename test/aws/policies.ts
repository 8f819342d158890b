import type { Template } from 'aws-cdk-lib/assertions';
import { flatten } from './flatten';

export interface Statement {
  /** Logical id of the resource that holds the policy. */
  readonly holder: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principal?: unknown;
  readonly condition?: unknown;
}

/** Every statement of every policy of a template: of roles, keys, buckets, topics. */
export function statementsOf(template: Template): Statement[] {
  const { Resources } = template.toJSON() as { Resources: Record<string, unknown> };
  return Object.entries(Resources).flatMap(([holder, resource]) => find(resource, holder));
}

function find(value: unknown, holder: string): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  const { Action, Condition, Effect, Principal, Resource } = value as Record<string, unknown>;
  if (typeof Effect === 'string' && Action !== undefined) {
    return [
      {
        holder,
        effect: Effect,
        actions: [Action].flat() as string[],
        resources: [Resource ?? []].flat().map((resource) => String(flatten(resource))),
        principal: flatten(Principal),
        condition: Condition,
      },
    ];
  }
  return Object.values(value).flatMap((inner) => find(inner, holder));
}
