import { isObject } from '../../artifact/json-file';
import { resourcesOf, type TemplateBody } from './resolve-template';

/** A function that events of a pattern start, always with the same input. */
export interface EventRule {
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly functionArn: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface RuleProperties {
  readonly EventPattern?: EventRule['pattern'];
  readonly Targets?: readonly { readonly Arn: string; readonly Input?: string }[];
}

/** Rules of a template whose targets are functions. */
export function eventRulesOf(template: TemplateBody): EventRule[] {
  return resourcesOf(template, 'AWS::Events::Rule').flatMap(([, properties]) => {
    const { EventPattern: pattern, Targets = [] } = properties as unknown as RuleProperties;
    if (pattern === undefined) return [];
    return Targets.flatMap(({ Arn: functionArn, Input }) =>
      Input === undefined || !functionArn.includes(':function:')
        ? []
        : [{ pattern, functionArn, input: JSON.parse(Input) as EventRule['input'] }],
    );
  });
}

/** Whether EventBridge takes an event for one of a pattern: texts and wildcards, at any depth. */
export function matchesPattern(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some((allowed) => matchesValue(allowed, event));
  if (!isObject(pattern) || !isObject(event)) return false;
  return Object.entries(pattern).every(([name, inner]) => matchesPattern(inner, event[name]));
}

function matchesValue(allowed: unknown, value: unknown): boolean {
  if (!isObject(allowed)) return allowed === value;
  const { wildcard } = allowed;
  if (typeof wildcard !== 'string')
    throw new Error(`the pattern ${JSON.stringify(allowed)} is not rehearsed`);
  const expression = wildcard.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return typeof value === 'string' && new RegExp(`^${expression.join('.*')}$`, 's').test(value);
}
