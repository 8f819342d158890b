/** What is told of a scenario. */
export interface Rehearsed {
  readonly scenario: RehearsedScenario;
  /** Steps of the plan, as they were entered. */
  readonly steps: readonly string[];
  readonly failure?: { readonly name: string };
  /** Where it did not go as expected. */
  readonly problems: readonly string[];
}

export interface RehearsedScenario {
  readonly name: string;
  /** What must be live at the end. @default - the scenario is not about it */
  readonly live?: 'new' | 'other' | 'before' | 'none';
}

const LIVE = {
  new: 'new version',
  other: 'another version',
  before: 'version before',
  none: 'nothing',
};

const RUN_WIDTH = 'failed: ApprovalTimeout'.length;
const LIVE_WIDTH = 'another version'.length;
const LAST_STEPS = 3;

/** Lines of a table: each row stands for itself, as a rehearsal takes its time. */
export class RehearsalTable {
  readonly header: string;
  private readonly width: number;

  constructor(scenarios: readonly RehearsedScenario[]) {
    this.width = Math.max(...scenarios.map(({ name }) => name.length));
    this.header = this.line('', 'scenario', 'run', 'live at the end', 'last steps');
  }

  /** With a line for each problem below it. */
  row({ failure, problems, scenario, steps }: Rehearsed): string {
    const good = problems.length === 0;
    const run = failure === undefined ? 'succeeded' : `failed: ${failure.name}`;
    const live = good && scenario.live ? LIVE[scenario.live] : '';
    const more = steps.length > LAST_STEPS ? '… → ' : '';
    const last = more + steps.slice(-LAST_STEPS).join(' → ');
    return [
      this.line(good ? 'ok' : 'FAIL', scenario.name, run, live, last),
      ...problems.map((problem) => `      ${problem}\n`),
    ].join('');
  }

  private line(verdict: string, scenario: string, run: string, live: string, steps: string): string {
    const cells = [
      verdict.padEnd(4),
      scenario.padEnd(this.width),
      run.padEnd(RUN_WIDTH),
      live.padEnd(LIVE_WIDTH),
      steps,
    ];
    return `${cells.join('  ')}\n`;
  }
}
