import type { RunEvent } from '../local';

const CLEAR_LINE = '\r\u001b[K';

/** Where progress is written: a terminal gets one live line, anything else plain lines. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Turns a run's events into lines for people. Honours `NO_COLOR`. */
export function createProgress(output: Output, color: boolean): (event: RunEvent) => void {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const live = output.isTTY === true;
  let width = 0;
  const line = (text: string) => output.write(`${live ? CLEAR_LINE : ''}${text}\n`);
  const passing = (text: string) => output.write(live ? `${CLEAR_LINE}${text}` : `${text}\n`);
  const name = (step: { id: string }) => step.id.padEnd(width);
  return (event) => {
    switch (event.type) {
      case 'run-started':
        width = Math.max(...event.plan.steps.map(({ id }) => id.length));
        line(`run ${event.run} of ${event.plan.pipeline} in ${event.directory}`);
        break;
      case 'step-started':
        passing(`  … ${name(event.step)}`);
        break;
      case 'step-progress':
        passing(`  … ${name(event.step)}  ${event.message}`);
        break;
      case 'step-finished':
        line(`  ${paint(32, '✓')} ${name(event.step)}  ${formatSeconds(event.seconds)}  ${event.detail}`);
        break;
      case 'step-reused':
        line(`  ${paint(36, '=')} ${name(event.step)}  reused from run ${event.from}  ${event.detail}`);
        break;
      case 'step-failed':
        line(`  ${paint(31, '✗')} ${name(event.step)}  ${event.cause}`);
        if (event.log !== undefined) line(`    log: ${event.log}`);
        break;
    }
  };
}

function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`.padStart(7);
}
