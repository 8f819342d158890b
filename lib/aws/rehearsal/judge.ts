import type { Plan } from '../../pipeline';
import { expectedRollbackSteps, expectedSteps, type Scenario } from '../../rehearsal/scenarios';
import type { Run } from './interpreter';

/** Versions by what a scenario calls them. */
export type Versions = Readonly<Record<Scenario['live'], string | undefined>>;

export interface Outcome {
  readonly run: Run;
  /** The version that is marked as live. */
  readonly live: string | undefined;
  /** The version that the endpoint serves. */
  readonly served: string | undefined;
  readonly locked: boolean;
}

/** States that end a run and are no steps. */
const TERMINAL = ['Done', 'Failed'];

/** Where a scenario did not go as expected. */
export function judge(plan: Plan, scenario: Scenario, outcome: Outcome, versions: Versions): string[] {
  const { cause, failsAt, live, runs } = scenario;
  const { failure, steps } = outcome.run;
  const said = `${failure?.name ?? ''} ${failure?.cause ?? ''}`;
  return [
    ...differs('outcome', failure ? 'failed' : 'succeeded', failsAt === undefined ? 'succeeded' : 'failed'),
    ...differs(
      'steps',
      steps.filter((step) => !TERMINAL.includes(step)),
      runs === 'rollback' ? expectedRollbackSteps(failsAt) : expectedSteps(plan, failsAt),
    ),
    ...differs('live version', live === 'none' ? undefined : outcome.live, versions[live]),
    ...differs('version that the endpoint serves', outcome.served, versions[live]),
    ...(cause === undefined || said.includes(cause) ? [] : differs('cause', said, cause)),
    ...(outcome.locked ? ['the lock of the endpoint was not given back'] : []),
  ];
}

export function differs(what: string, actual: unknown, wanted: unknown): string[] {
  if (JSON.stringify(actual) === JSON.stringify(wanted)) return [];
  return [`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(wanted)}`];
}
