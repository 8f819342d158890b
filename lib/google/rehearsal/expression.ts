import { WorkflowError } from './workflow-error';

/** Reads a variable, or calls a function of the standard library. */
export interface Environment {
  variable(name: string): unknown;
  call(name: string, args: readonly unknown[]): unknown;
}

/** An expression of Workflows, without its `${` and `}`, ready to be evaluated. */
export type Expression = (environment: Environment) => unknown;

interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'sign' | 'end';
  readonly text: string;
}

const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<string>"(?:[^"\\]|\\.)*")|(?<name>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|\/\/|[-+*/%<>()[\]{},.:]))/y;

/** From the loosest to the tightest; operators of one row bind alike, to the left. */
const BINARY: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['==', '!=', 'in'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%', '//'],
];

const CONSTANTS: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
  null: null,
};

/** @throws Error where the text is no expression */
export function parseExpression(text: string): Expression {
  return new Parser(tokenize(text), text).parse();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new Error(`no expression: ${text.slice(start)} in ${text}`);
    for (const kind of ['number', 'string', 'name', 'sign'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found });
    }
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}

class Parser {
  private position = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: string,
  ) {}

  parse(): Expression {
    const expression = this.binary(0);
    if (this.next.kind !== 'end') throw this.unexpected();
    return expression;
  }

  private get next(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: 'the end' };
  }

  private take(...texts: readonly string[]): string | undefined {
    const { kind, text } = this.next;
    if (kind === 'string' || kind === 'end' || !texts.includes(text)) return undefined;
    this.position += 1;
    return text;
  }

  private expect(text: string): void {
    if (this.take(text) === undefined) throw this.unexpected();
  }

  private unexpected(): Error {
    return new Error(`unexpected ${this.next.text} in ${this.text}`);
  }

  private binary(level: number): Expression {
    const operators = BINARY[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (let operator = this.take(...operators); operator; operator = this.take(...operators)) {
      left = combine(operator, left, this.binary(level + 1));
    }
    return left;
  }

  private unary(): Expression {
    if (this.take('not')) {
      const operand = this.unary();
      return (environment) => !boolean(operand(environment), 'not');
    }
    if (this.take('-')) {
      const operand = this.unary();
      return (environment) => -number(operand(environment), '-');
    }
    return this.postfix(this.primary());
  }

  private postfix(target: Expression): Expression {
    if (this.take('.')) {
      const { text } = this.next;
      this.position += 1;
      return this.postfix((environment) => member(target(environment), text));
    }
    if (this.take('[')) {
      const key = this.binary(0);
      this.expect(']');
      return this.postfix((environment) => member(target(environment), key(environment)));
    }
    return target;
  }

  private primary(): Expression {
    const { kind, text } = this.next;
    this.position += 1;
    if (kind === 'number') return () => Number(text);
    if (kind === 'string') return () => JSON.parse(text) as string;
    if (kind === 'name') return this.name(text);
    if (text === '(') {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    if (text === '[') {
      const items = this.list(']');
      return (environment) => items.map((item) => item(environment));
    }
    this.position -= 1;
    throw this.unexpected();
  }

  /** A constant, a variable, or a call: `len(x)`, `text.split(a, b)`. */
  private name(first: string): Expression {
    if (first in CONSTANTS) return () => CONSTANTS[first];
    const start = this.position;
    let name = first;
    while (this.take('.')) {
      name += `.${this.next.text}`;
      this.position += 1;
    }
    if (this.take('(')) {
      const args = this.list(')');
      return (environment) =>
        environment.call(
          name,
          args.map((arg) => arg(environment)),
        );
    }
    this.position = start;
    return (environment) => environment.variable(first);
  }

  private list(close: string): Expression[] {
    const items: Expression[] = [];
    if (this.take(close)) return items;
    do items.push(this.binary(0));
    while (this.take(','));
    this.expect(close);
    return items;
  }
}

function combine(operator: string, left: Expression, right: Expression): Expression {
  if (operator === 'and')
    return (environment) => boolean(left(environment), 'and') && boolean(right(environment), 'and');
  if (operator === 'or')
    return (environment) => boolean(left(environment), 'or') || boolean(right(environment), 'or');
  return (environment) => calculate(operator, left(environment), right(environment));
}

function calculate(operator: string, left: unknown, right: unknown): unknown {
  switch (operator) {
    case '==':
      return JSON.stringify(left) === JSON.stringify(right);
    case '!=':
      return JSON.stringify(left) !== JSON.stringify(right);
    case 'in':
      return contains(right, left);
    case '+':
      return typeof left === 'string' || typeof right === 'string'
        ? string(left) + string(right)
        : number(left, operator) + number(right, operator);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compare(operator, left, right);
    default:
      return arithmetic(operator, number(left, operator), number(right, operator));
  }
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  const [a, b] =
    typeof left === 'string' && typeof right === 'string'
      ? [left, right]
      : [number(left, operator), number(right, operator)];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function arithmetic(operator: string, left: number, right: number): number {
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  if (right === 0) throw WorkflowError.of('ZeroDivisionError', 'division by zero');
  if (operator === '/') return left / right;
  return operator === '//' ? Math.floor(left / right) : left % right;
}

function contains(container: unknown, item: unknown): boolean {
  if (Array.isArray(container))
    return container.some((value) => JSON.stringify(value) === JSON.stringify(item));
  if (typeof container === 'object' && container !== null) return Object.hasOwn(container, string(item));
  throw WorkflowError.of('TypeError', `"in" needs a list or a map, got ${JSON.stringify(container)}`);
}

/** A member of a map or an item of a list; one that is not there is an error. */
export function member(target: unknown, key: unknown): unknown {
  if (Array.isArray(target)) {
    const index = number(key, 'an index');
    if (index < 0 || index >= target.length)
      throw WorkflowError.of('IndexError', `index ${index} of a list of ${target.length}`);
    return target[index];
  }
  if (typeof target !== 'object' || target === null)
    throw WorkflowError.of('TypeError', `${JSON.stringify(target)} has no member ${JSON.stringify(key)}`);
  const name = string(key);
  if (!Object.hasOwn(target, name)) throw WorkflowError.of('KeyError', `key not found: ${name}`);
  return (target as Record<string, unknown>)[name];
}

function boolean(value: unknown, operator: string): boolean {
  if (typeof value === 'boolean') return value;
  throw WorkflowError.of('TypeError', `${operator} needs a boolean, got ${JSON.stringify(value)}`);
}

function number(value: unknown, operator: string): number {
  if (typeof value === 'number') return value;
  throw WorkflowError.of('TypeError', `${operator} needs a number, got ${JSON.stringify(value)}`);
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw WorkflowError.of('TypeError', `a string is needed, got ${JSON.stringify(value)}`);
}
