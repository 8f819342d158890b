import { type Environment, type Expression, member, parseExpression } from './expression';
import { Scope } from './scope';
import { callStandard } from './standard-library';
import type { Loop, Parallel, Retry, Steps, WorkflowSource, WorkflowStep } from '../workflow/source';
import { WorkflowError } from './workflow-error';

/** Limits of Workflows: https://cloud.google.com/workflows/quotas */
const MAX_VARIABLE_BYTES = 512 * 1024;
const MAX_STEPS = 100_000;

/** When every execution begins, in seconds since 1970. */
const START = 1_700_000_000;

export interface RunOptions {
  /** Argument of `main`. @default {} */
  readonly argument?: unknown;
  /** Values of `sys.get_env`. @default {} */
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers a call of a connector or of a function with effects; throws WorkflowError where it fails. */
  call(name: string, args: Readonly<Record<string, unknown>>, step: string): unknown;
}

/** What became of an execution. */
export interface Execution {
  /** Names of the steps that were entered, in order; those of subworkflows and branches too. */
  readonly path: readonly string[];
  readonly result?: unknown;
  /** What was raised and not caught. */
  readonly error?: unknown;
}

/** How a list of steps ended: it fell through, jumped, or returned. */
type Outcome = undefined | { readonly jump: string } | { readonly value: unknown };

/**
 * Executes a definition. Waiting takes no time: `sys.sleep` moves `sys.now` on, the delays of retries are skipped.
 *
 * @throws Error where the definition itself is wrong: an unknown step, an expression that is none
 */
export async function execute(source: WorkflowSource, options: RunOptions): Promise<Execution> {
  const run = new Run(source, options);
  try {
    return { result: await run.subworkflow('main', options.argument ?? {}), path: run.path };
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { error: error.value, path: run.path };
  }
}

class Run {
  readonly path: string[] = [];
  /** Seconds since 1970; nothing but waiting takes time. */
  private now = START;
  private readonly parsed = new Map<string, Expression>();

  constructor(
    private readonly source: WorkflowSource,
    private readonly options: RunOptions,
  ) {}

  /** @param argument for `main` what it was started with, else arguments by name */
  async subworkflow(name: string, argument: unknown): Promise<unknown> {
    const subworkflow = this.source[name];
    if (subworkflow === undefined) throw new Error(`no subworkflow ${name}`);
    const scope = new Scope();
    const given = (argument ?? {}) as Record<string, unknown>;
    for (const param of subworkflow.params ?? []) {
      const [key = '', fallback] = typeof param === 'string' ? [param] : (Object.entries(param)[0] ?? []);
      if (name === 'main') scope.declare(key, argument);
      else if (key in given) scope.declare(key, given[key]);
      else if (typeof param === 'string') throw new Error(`${name} is called without ${key}`);
      else scope.declare(key, fallback);
    }
    const outcome = await this.steps(subworkflow.steps, scope);
    if (outcome && 'jump' in outcome && outcome.jump !== 'end')
      throw new Error(`${name}: no step ${outcome.jump}`);
    return outcome && 'value' in outcome ? outcome.value : null;
  }

  private async steps(steps: Steps, scope: Scope): Promise<Outcome> {
    const named = steps.flatMap((step) => Object.entries(step).slice(0, 1));
    for (let index = 0; index < named.length;) {
      const [name, step] = named[index] ?? ['', {}];
      const outcome = await this.step(name, step, scope);
      if (outcome === undefined) index += 1;
      else if ('jump' in outcome) {
        index = named.findIndex(([other]) => other === outcome.jump);
        if (index === -1) return outcome;
      } else return outcome;
    }
    return undefined;
  }

  private async step(name: string, step: WorkflowStep, scope: Scope): Promise<Outcome> {
    this.path.push(name);
    if (this.path.length > MAX_STEPS) throw new Error(`more than ${MAX_STEPS} steps`);
    const outcome = await this.perform(name, step, scope);
    if (scope.bytes > MAX_VARIABLE_BYTES)
      throw WorkflowError.of('ResourceLimitError', `variables take more than ${MAX_VARIABLE_BYTES} bytes`);
    return outcome ?? (step.next === undefined ? undefined : { jump: step.next });
  }

  private async perform(name: string, step: WorkflowStep, scope: Scope): Promise<Outcome> {
    if (step.try) return this.attempt(name, step, scope);
    if (step.assign) this.assign(step.assign, scope);
    if (step.call !== undefined) await this.call(name, step, scope);
    if (step.switch) {
      const chosen = step.switch.find(({ condition }) => this.value(condition, scope) === true);
      return chosen && ((await this.perform(name, { ...chosen, next: undefined }, scope)) ?? jumpOf(chosen));
    }
    if (step.for) return this.loop(step.for, scope);
    if (step.parallel) return this.parallel(step.parallel, scope);
    if (step.raise !== undefined) throw new WorkflowError(this.value(step.raise, scope));
    if ('return' in step) return { value: this.value(step.return, scope) };
    return step.steps && this.steps(step.steps, scope);
  }

  private async attempt(name: string, step: WorkflowStep, scope: Scope): Promise<Outcome> {
    for (let retries = 0; ; retries += 1) {
      try {
        return await this.perform(name, step.try ?? {}, scope);
      } catch (error) {
        if (!(error instanceof WorkflowError)) throw error;
        const { retry } = step;
        if (retry && retries < retry.max_retries && (await this.retries(retry, error))) continue;
        if (!step.except) throw error;
        const inner = new Scope(scope);
        if (step.except.as !== undefined) inner.declare(step.except.as, error.value);
        return this.steps(step.except.steps, inner);
      }
    }
  }

  private async retries({ predicate }: Retry, { value }: WorkflowError): Promise<boolean> {
    const name = /^\$\{\s*([\w.]+)\s*\}$/.exec(predicate)?.[1] ?? '';
    if (name.startsWith('http.')) return isTransient(name, value);
    const [param = ''] = (this.source[name]?.params ?? []) as readonly string[];
    return (await this.subworkflow(name, { [param]: value })) === true;
  }

  private async call(name: string, { call = '', args, result }: WorkflowStep, scope: Scope): Promise<void> {
    const given = (this.value(args ?? {}, scope) ?? {}) as Record<string, unknown>;
    const answer =
      call in this.source
        ? await this.subworkflow(call, given)
        : call === 'sys.sleep'
          ? this.sleep(given)
          : await this.options.call(call, given, name);
    if (result !== undefined) scope.set(result, answer ?? null);
  }

  private sleep({ seconds }: Record<string, unknown>): null {
    this.now += Number(seconds);
    return null;
  }

  private assign(assignments: readonly Readonly<Record<string, unknown>>[], scope: Scope): void {
    for (const assignment of assignments) {
      for (const [target, value] of Object.entries(assignment))
        this.put(target, this.value(value, scope), scope);
    }
  }

  /** `name`, `map.key`, `map["key"]`, `list[0]`: maps on the way are made where there are none. */
  private put(target: string, value: unknown, scope: Scope): void {
    const [, name = '', rest = ''] = /^(\w+)(.*)$/s.exec(target) ?? [];
    if (rest === '') {
      scope.set(name, value);
      return;
    }
    const keys = [...rest.matchAll(/\.(\w+)|\[([^\]]+)\]/g)].map(
      ([, key, index]) => key ?? this.expression(index ?? '', scope),
    );
    scope.set(name, withMember(scope.get(name), keys, value));
  }

  private async loop(loop: Loop, scope: Scope): Promise<Outcome> {
    for (const [index, item] of this.items(loop, scope).entries()) {
      const outcome = await this.steps(loop.steps, this.iteration(loop, item, index, new Scope(scope)));
      if (outcome === undefined) continue;
      if (!('jump' in outcome)) return outcome;
      if (outcome.jump === 'break') return undefined;
      if (outcome.jump !== 'continue') return outcome;
    }
    return undefined;
  }

  private async parallel({ shared = [], branches, for: loop }: Parallel, scope: Scope): Promise<Outcome> {
    const tasks = branches
      ? branches
          .map((branch) => Object.values(branch)[0]?.steps ?? [])
          .map((steps) => [steps, new Scope(scope, shared)] as const)
      : this.items(loop ?? { value: '', steps: [] }, scope).map(
          (item, index) =>
            [
              loop?.steps ?? [],
              loop ? this.iteration(loop, item, index, new Scope(scope, shared)) : scope,
            ] as const,
        );
    // One after the other: the same result, and a path that is the same each time.
    for (const [steps, branch] of tasks) await this.steps(steps, branch);
    return undefined;
  }

  private items({ in: list, range }: Loop, scope: Scope): readonly unknown[] {
    if (range === undefined) {
      const value = this.value(list ?? [], scope);
      return Array.isArray(value) ? value : Object.keys(value as object);
    }
    const [first, last] = range.map((bound) => Number(this.value(bound, scope))) as [number, number];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  }

  private iteration({ value, index: name }: Loop, item: unknown, index: number, scope: Scope): Scope {
    scope.declare(value, item);
    if (name !== undefined) scope.declare(name, index);
    return scope;
  }

  /** Maps and lists with every `${…}` in them evaluated. */
  private value(value: unknown, scope: Scope): unknown {
    if (typeof value === 'string') {
      const inner = /^\$\{(.*)\}$/s.exec(value)?.[1];
      return inner === undefined ? value : this.expression(inner, scope);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item, scope));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.value(inner, scope)]));
  }

  private expression(text: string, scope: Scope): unknown {
    const expression = this.parsed.get(text) ?? parseExpression(text);
    this.parsed.set(text, expression);
    const environment: Environment = {
      variable: (name) => scope.get(name),
      call: (name, args) => this.evaluate(name, args),
    };
    return expression(environment);
  }

  private evaluate(name: string, args: readonly unknown[]): unknown {
    if (name === 'sys.now') return this.now;
    if (name !== 'sys.get_env') return callStandard(name, args);
    const [variable = '', fallback] = args as readonly string[];
    const value = this.options.environment?.[variable] ?? fallback;
    if (value === undefined) throw WorkflowError.of('KeyError', `no environment variable ${variable}`);
    return value;
  }
}

function jumpOf({ next }: WorkflowStep): Outcome {
  return next === undefined ? undefined : { jump: next };
}

/** What the predicates of the standard library take for an error that passes. */
function isTransient(predicate: string, value: unknown): boolean {
  const { code, tags = [] } = (value ?? {}) as { code?: number; tags?: readonly string[] };
  const connection = ['ConnectionError', 'ConnectionFailedError', 'TimeoutError'].some((tag) =>
    tags.includes(tag),
  );
  const codes = predicate.includes('non_idempotent') ? [429, 503] : [429, 502, 503, 504];
  return (
    (connection && !predicate.includes('non_idempotent')) || (code !== undefined && codes.includes(code))
  );
}

function withMember(target: unknown, [key, ...rest]: readonly unknown[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    member(target, key);
    return target.map((item, index) => (index === key ? withMember(item, rest, value) : (item as unknown)));
  }
  const map = (target ?? {}) as Record<string, unknown>;
  return { ...map, [key as string]: withMember(map[key as string], rest, value) };
}
