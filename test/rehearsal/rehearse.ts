/** A rehearsal of either cloud. */
interface Stage<Case, Result> {
  run(scenario: Case): Promise<Result>;
  close(): Promise<unknown>;
}

interface Outcome {
  readonly problems: readonly string[];
  readonly failure?: unknown;
}

/**
 * One rehearsal for all tests of a file.
 *
 * @returns `perform`, which takes it through a scenario and fails where that does not go as expected
 */
export function rehearse<Case extends { readonly name: string }, Result extends Outcome, Started>(
  scenarios: readonly Case[],
  start: () => Started & Stage<Case, Result>,
): { readonly rehearsal: () => Started; readonly perform: (name: string) => Promise<Result> } {
  jest.setTimeout(120_000);
  let rehearsal: Started & Stage<Case, Result>;
  beforeAll(() => {
    rehearsal = start();
  });
  afterAll(() => rehearsal.close());

  const perform = async (name: string) => {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario "${name}"`);
    const result = await rehearsal.run(scenario);
    const { failure, problems } = result;
    expect({ problems, failure: problems.length > 0 && failure }).toEqual({ problems: [], failure: false });
    return result;
  };
  return { rehearsal: () => rehearsal, perform };
}

/** A test for each scenario. */
export function performEach(
  scenarios: readonly { readonly name: string }[],
  perform: (name: string) => Promise<unknown>,
): void {
  test.each(scenarios.map(({ name }) => name))('%s', async (name) => {
    await perform(name);
  });
}
