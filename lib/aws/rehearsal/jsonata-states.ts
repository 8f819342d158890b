import jsonata from 'jsonata';
import type { State, StateMachineDefinition, States } from '../asl';
import { failure } from './failure';

/**
 * Carries out the task that a state has become.
 *
 * @param call the call that the state makes
 */
export type Handler = (
  input: unknown,
  call: (parameters: Record<string, unknown>) => Promise<unknown>,
  context: object,
) => Promise<unknown>;

interface Rewritten {
  readonly states: States;
  /** By the name of the task. */
  readonly handlers: readonly (readonly [string, Handler])[];
}

interface Variables {
  readonly input: unknown;
  readonly context: object;
  readonly result?: unknown;
}

/**
 * The same state machine in JSONPath, the only language of the interpreter: tasks, choices and maps in JSONata
 * become tasks whose handlers evaluate their expressions.
 */
export function inJsonPath({ QueryLanguage, ...machine }: StateMachineDefinition): {
  readonly machine: StateMachineDefinition;
  readonly handlers: ReadonlyMap<string, Handler>;
} {
  const { handlers, states } = rewriteAll(machine.States, QueryLanguage === 'JSONata');
  return { machine: { ...machine, States: states }, handlers: new Map(handlers) };
}

function rewriteAll(states: States, byDefault: boolean): Rewritten {
  const all = Object.entries(states).map(([name, state]) =>
    byDefault || state.QueryLanguage === 'JSONata'
      ? rewrite(name, state)
      : { states: { [name]: state }, handlers: [] },
  );
  return {
    states: Object.assign({}, ...all.map((each) => each.states)) as States,
    handlers: all.flatMap(({ handlers }) => handlers),
  };
}

function rewrite(name: string, state: State): Rewritten {
  switch (state.Type) {
    case 'Task':
      return rewriteTask(name, state);
    case 'Choice':
      return rewriteChoice(name, state);
    case 'Map':
      return rewriteMap(name, state);
    default:
      return { states: { [name]: state }, handlers: [] };
  }
}

function rewriteTask(name: string, { Arguments, Output, ...task }: State): Rewritten {
  const handler: Handler = async (input, call, context) => {
    const parameters = await evaluate(Arguments, { input, context });
    const result = await call(parameters as Record<string, unknown>);
    return Output === undefined ? result : evaluate(Output, { input, context, result });
  };
  return { states: { [name]: task }, handlers: [[name, handler]] };
}

/** A task that finds the way, a choice that goes it, and the output of each way. */
function rewriteChoice(name: string, { Choices, Default, Output }: State): Rewritten {
  const ways = [
    ...(Choices as { Condition: string; Output?: unknown; Next: string }[]),
    { Condition: '{% true %}', Output, Next: Default as string },
  ];
  const go = `${name}: go`;
  const way = (index: number) => `${name}: way ${index + 1}`;
  const handler: Handler = async (input, _, context) => {
    for (const [index, { Condition, Output: output }] of ways.entries()) {
      if (await evaluate(Condition, { input, context })) {
        return { index, output: output === undefined ? input : await evaluate(output, { input, context }) };
      }
    }
    throw failure('States.NoChoiceMatched', name);
  };
  const passes = ways.map(({ Next }, index) => [way(index), { Type: 'Pass', InputPath: '$.output', Next }]);
  return {
    states: {
      [name]: { Type: 'Task', Resource: '', Next: go },
      [go]: {
        Type: 'Choice',
        Choices: ways.map((_, index) => ({ Variable: '$.index', NumericEquals: index, Next: way(index) })),
      },
      ...(Object.fromEntries(passes) as States),
    },
    handlers: [[name, handler]],
  };
}

/** A task that finds the items, the map over them, and a task that makes the output. */
function rewriteMap(name: string, { ItemProcessor, Items, Output, ...map }: State): Rewritten {
  const processor = ItemProcessor as { StartAt: string; States: States };
  const inner = rewriteAll(processor.States, true);
  const { End, Next, ...rest } = map;
  const [each, collect] = [`${name}: each`, `${name}: collect`];
  const prepare: Handler = async (input, _, context) => ({
    input,
    items: await evaluate(Items, { input, context }),
  });
  const finish: Handler = (mapped, _, context) => {
    const { input, result } = mapped as { input: unknown; result: unknown };
    return evaluate(Output, { input, context, result });
  };
  return {
    states: {
      [name]: { Type: 'Task', Resource: '', Next: each },
      [each]: {
        ...rest,
        Type: 'Map',
        ItemsPath: '$.items',
        ResultPath: '$.result',
        ItemProcessor: { ...processor, States: inner.states },
        Next: collect,
      },
      [collect]: { Type: 'Task', Resource: '', ...(Next === undefined ? { End } : { Next }) },
    },
    handlers: [[name, prepare], [collect, finish], ...inner.handlers],
  };
}

/** A value with its expressions, `{% … %}`, carried out. */
async function evaluate(value: unknown, states: Variables): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluate(item, states)));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(async ([key, item]) => [key, await evaluate(item, states)]);
    return Object.fromEntries(await Promise.all(entries)) as unknown;
  }
  const expression = typeof value === 'string' ? /^\{%(.*)%\}$/s.exec(value)?.[1] : undefined;
  if (expression === undefined) return value;
  const compiled = jsonata(expression);
  compiled.registerFunction('parse', (text: string) => JSON.parse(text) as unknown);
  const result: unknown = await compiled.evaluate({}, { states });
  if (result === undefined) throw failure('States.QueryEvaluationError', `${expression.trim()} is nothing`);
  // The evaluator marks its arrays; JSON knows none of that.
  return JSON.parse(JSON.stringify(result)) as unknown;
}
