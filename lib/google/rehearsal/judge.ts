import type { Plan } from '../../pipeline';
import { expectedRollbackSteps, expectedSteps, type Scenario } from '../../rehearsal/scenarios';
import { stepName } from '../workflow/expression';
import type { Execution } from './interpreter';

/** How a run ended, where it failed. */
export interface Failure {
  readonly name: string;
  readonly cause: string;
}

/** What became of a scenario. */
export interface Outcome {
  /** Steps of the plan that were entered. */
  readonly steps: readonly string[];
  readonly failure?: Failure;
  /** The version that is recorded as live. */
  readonly live?: string;
  /** The version that gets the traffic. */
  readonly served?: string;
}

/** What Google says in the place of a cause: an operation that failed is raised as it is. */
const WORDS: Readonly<Record<string, readonly string[]>> = { NotReleased: ['OperationError'] };

const ROLLBACK_STEPS = ['rollback', 'restore', 'notify-failure'];

/**
 * Where a scenario did not go as expected; empty where it did.
 *
 * @param versions what `live` of a scenario stands for
 */
export function judge(
  plan: Plan,
  scenario: Scenario,
  { failure, live, served, steps }: Outcome,
  versions: Readonly<Record<string, string | undefined>>,
): string[] {
  const problems: string[] = [];
  const expect = (what: string, actual: unknown, wanted: unknown) => {
    if (JSON.stringify(actual) === JSON.stringify(wanted)) return;
    problems.push(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(wanted)}`);
  };
  const { cause = '', failsAt, runs } = scenario;
  const outcome = (failed: boolean) => (failed ? 'failed' : 'succeeded');
  expect('outcome', outcome(failure !== undefined), outcome(failsAt !== undefined));
  expect('steps', steps, runs === 'rollback' ? expectedRollbackSteps(failsAt) : expectedSteps(plan, failsAt));
  const wanted = versions[scenario.live];
  expect('live version', scenario.live === 'none' ? undefined : live, wanted);
  expect('version that the endpoint serves', served, wanted);
  const said = `${failure?.name ?? ''} ${failure?.cause ?? ''}`;
  const causes = [cause, ...(WORDS[cause] ?? [])];
  if (!causes.some((word) => said.includes(word))) expect('cause', said, causes);
  return problems;
}

/** The path of an execution but for helper steps. */
export function stepsOf({ steps }: Plan, { runs }: Scenario, { path }: Execution): string[] {
  const ids = runs === 'rollback' ? ROLLBACK_STEPS : steps.map(({ id }) => id);
  const names = new Map(ids.map((id) => [stepName(id), id]));
  return path.flatMap((name) => names.get(name) ?? []);
}

/** What was raised, and what jobs wrote to the log: they do not tell Google's services why they fail. */
export function failureOf({ error }: Execution, log: readonly string[]): Failure | undefined {
  if (error === undefined) return undefined;
  const { message, tags } = (typeof error === 'object' && error !== null ? error : { message: error }) as {
    message?: unknown;
    tags?: readonly string[];
  };
  return { name: tags?.join(' ') ?? 'Error', cause: [String(message), ...log].join('\n') };
}
