import { StateMachine, type StateMachineDefinition as Interpretable } from 'aws-local-stepfunctions';
import type { State, StateMachineDefinition, States } from '../asl';
import { inJsonPath } from './jsonata-states';

// The interpreter asks for it, and the oldest Node.js that is supported here has none.
if (!('withResolvers' in Promise)) {
  Object.assign(Promise, {
    withResolvers: () => {
      const resolvers = {};
      const promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
      return Object.assign(resolvers, { promise });
    },
  });
}

/** Answers a call of a task, or throws `failure(…)`. */
export type Service = (action: string, parameters: Record<string, unknown>, state: string) => unknown;

export interface Execution {
  readonly name: string;
  readonly arn: string;
  readonly input?: Readonly<Record<string, string>>;
}

export interface Run {
  /** States that were entered, in order. */
  readonly path: readonly string[];
  /** The steps among them. */
  readonly steps: readonly string[];
  readonly output?: unknown;
  /** Name and cause of the failure the run ended with. */
  readonly failure?: { readonly name: string; readonly cause: string };
}

const DEFAULT_EXECUTION: Execution = {
  name: 'run-1',
  arn: 'arn:aws:states:eu-central-1:123456789012:execution:pipeline:run-1',
};

/** Runs a state machine in an interpreter; every task is answered by `service`, and nothing waits. */
export async function runMachine(
  definition: StateMachineDefinition,
  service: Service,
  { name, arn, input = {} }: Execution = DEFAULT_EXECUTION,
): Promise<Run> {
  const { handlers, machine } = inJsonPath(definition);
  const states = allStates(machine.States);
  const none = Object.fromEntries(states.map(([state]) => [state, 0]));
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  const interpreter = new StateMachine(machine as unknown as Interpretable, {
    validationOptions: { noValidate: true },
  });
  const context = {
    Execution: { Name: name, Id: arn },
    Task: { Token: 'TOKEN' },
    State: { EnteredTime: '2026-01-01T00:00:00.000Z' },
  };
  const run = interpreter.run(input, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        tasks.map(([state, { Resource }]) => [
          state,
          async (input) => {
            const call = async (parameters: Record<string, unknown>) =>
              await service(actionOf(Resource), parameters, state);
            const handler = handlers.get(state);
            return (await (handler ? handler(input, call, context) : call(input as never))) as never;
          },
        ]),
      ),
      waitTimeOverrides: none,
      retryIntervalOverrides: none,
    },
    context,
  });
  const path: string[] = [];
  const entered = (async () => {
    for await (const event of run.eventLogs) {
      if (event.type.endsWith('StateEntered'))
        path.push((event as never as { state: { name: string } }).state.name);
    }
  })();
  const ended = await run.result.then(
    (output) => ({ output }),
    (error: unknown) => ({ failure: renderError(error as Error) }),
  );
  await entered;
  return { path, steps: path.filter((state) => !state.includes(': ')), ...ended };
}

function renderError({ cause, message }: Error): NonNullable<Run['failure']> {
  if (!(cause instanceof Error)) return { name: 'States.Runtime', cause: message };
  return { name: cause.name, cause: cause.message };
}

/** Every state, those of branches included. */
export function allStates(states: States): [string, State][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state],
    ...branchesOf(state).flatMap((branch) => allStates(branch.States)),
  ]);
}

function branchesOf({ Branches = [], ItemProcessor }: State): { readonly States: States }[] {
  const all = ItemProcessor === undefined ? Branches : [ItemProcessor];
  return all as { readonly States: States }[];
}

/** `arn:aws:states:::aws-sdk:sagemaker:createModel` as `sagemaker:createModel`. */
export function actionOf(resource: unknown): string {
  return String(resource).split(':::')[1]?.replace('aws-sdk:', '') ?? '';
}
