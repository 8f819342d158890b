import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { State, StateMachineDefinition as Rendered, States } from '../../lib/aws/asl';

// The interpreter asks for it, and the oldest Node.js that is supported here has none.
Object.assign(Promise, {
  withResolvers: () => {
    const resolvers = {};
    const promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
    return Object.assign(resolvers, { promise });
  },
});

/** Answers a call of a task, or throws `failure(…)`. */
export type Service = (action: string, parameters: Record<string, unknown>, state: string) => unknown;

export interface Run {
  /** States that were entered, in order. */
  readonly path: readonly string[];
  /** The steps among them. */
  readonly steps: readonly string[];
  readonly output?: unknown;
  /** Name and cause of the failure the run ended with. */
  readonly failure?: { readonly name: string; readonly cause: string };
}

/** What a task fails with: its error's name and cause. */
export function failure(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name });
}

/** Runs a state machine in an interpreter; every task is answered by `service`. */
export async function runMachine(machine: Rendered, service: Service): Promise<Run> {
  const tasks = allStates(machine.States).filter(([, { Type }]) => Type === 'Task');
  const names = allStates(machine.States).map(([name]) => name);
  const none = Object.fromEntries(names.map((name) => [name, 0]));
  const run = new StateMachine(machine as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  }).run(
    {},
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(
          tasks.map(([name, { Resource }]) => [
            name,
            (parameters) => service(actionOf(Resource), parameters as Record<string, unknown>, name) as never,
          ]),
        ),
        waitTimeOverrides: none,
        retryIntervalOverrides: none,
      },
      context: { Execution: { Name: 'run-1' }, Task: { Token: 'TOKEN' } },
    },
  );
  const path: string[] = [];
  const entered = (async () => {
    for await (const event of run.eventLogs)
      if (event.type.endsWith('StateEntered'))
        path.push((event as never as { state: { name: string } }).state.name);
  })();
  const ended = await run.result.then(
    (output) => ({ output }),
    (error: unknown) => ({ failure: renderError(error as Error) }),
  );
  await entered;
  return { path, steps: path.filter((name) => !name.includes(': ')), ...ended };
}

function renderError({ cause, message }: Error): NonNullable<Run['failure']> {
  return { name: message, cause: String((cause as Error | undefined)?.message) };
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
function actionOf(resource: unknown): string {
  return (resource as string).split(':::')[1]?.replace('aws-sdk:', '') ?? '';
}
