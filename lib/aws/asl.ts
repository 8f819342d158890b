import { Fn, Stack, Token, Tokenization } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { parameter } from './asl-parameter';

export { parameter };

/** A state of Step Functions in the Amazon States Language. Strings may hold tokens. */
export interface State {
  readonly Type: 'Task' | 'Choice' | 'Map' | 'Pass' | 'Wait' | 'Parallel' | 'Succeed' | 'Fail';
  readonly [field: string]: unknown;
}

/** States by name, in the order of a run. */
export type States = Readonly<Record<string, State>>;

export interface StateMachineDefinition {
  readonly Comment: string;
  /** @default "JSONPath" */
  readonly QueryLanguage?: 'JSONata';
  readonly StartAt: string;
  readonly States: States;
}

/** Every entry as a parameter. */
export function parameters(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...Object.entries(values).map(([name, value]) => parameter(name, value)),
  ) as Record<string, string>;
}

/**
 * `States.Format` of a template.
 *
 * @param text parts of the template; between two of them stands one argument. A part with a token holds
 *   none of `\\ ' { }` beside it
 */
export function format(text: readonly string[], ...args: readonly string[]): string {
  const template = text.map((part) => (Token.isUnresolved(part) ? part : part.replace(/[\\'{}]/g, '\\$&')));
  return `States.Format(${[`'${template.join('{}')}'`, ...args].join(', ')})`;
}

/** Tokens that JSON does not carry over as they are: lists, numbers, objects. */
const OTHER_TOKEN = /#\{Token\[|e\+289|<unresolved-/;

/**
 * A definition as JSON, whose strings may hold tokens of names, ARNs and addresses: JSON escapes nothing in
 * them. CDK resolves a template three times; what is JSON already has only its tokens to fill in.
 */
export function toJson(scope: Construct, definition: StateMachineDefinition): string {
  const json = JSON.stringify(definition);
  if (OTHER_TOKEN.test(json)) return Stack.of(scope).toJsonString(definition);
  const parts = Tokenization.reverseString(json).join({ join: append }) as string | string[];
  return Fn.join('', [parts].flat());
}

function append(left: string | string[], right: string): string[] {
  if (typeof left === 'string') return [left, right];
  left.push(right);
  return left;
}
