import { StateMachine, type StateMachineDefinition as Interpretable } from 'aws-local-stepfunctions';
import type { State, StateMachineDefinition, States } from '../asl';

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

/** What a task fails with: its error's name and cause. */
export function failure(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name });
}

/** Runs a state machine in an interpreter; every task is answered by `service`, and nothing waits. */
export async function runMachine(
  machine: StateMachineDefinition,
  service: Service,
  { name, arn, input = {} }: Execution = DEFAULT_EXECUTION,
): Promise<Run> {
  const states = allStates(machine.States);
  const none = Object.fromEntries(states.map(([state]) => [state, 0]));
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  const interpreter = new StateMachine(machine as unknown as Interpretable, {
    validationOptions: { noValidate: true },
  });
  const run = interpreter.run(input, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        tasks.map(([state, { Resource }]) => [
          state,
          async (parameters) =>
            (await service(actionOf(Resource), parameters as Record<string, unknown>, state)) as never,
        ]),
      ),
      waitTimeOverrides: none,
      retryIntervalOverrides: none,
    },
    context: {
      Execution: { Name: name, Id: arn },
      Task: { Token: 'TOKEN' },
      State: { EnteredTime: '2026-01-01T00:00:00.000Z' },
    },
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
    ...((state.Branches as { States: States }[] | undefined) ?? []).flatMap((branch) =>
      allStates(branch.States),
    ),
  ]);
}

/** `arn:aws:states:::aws-sdk:sagemaker:createModel` as `sagemaker:createModel`. */
export function actionOf(resource: unknown): string {
  return String(resource).split(':::')[1]?.replace('aws-sdk:', '') ?? '';
}
