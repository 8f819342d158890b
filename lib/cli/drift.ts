import { relative } from 'node:path';
import { Command } from 'commander';
import { checkDrift, type DriftOptions, type DriftReport } from '../local';
import { findPython } from './find-python';
import { loadDefinition } from './load-definition';

const SHOWN_FEATURES = 10;

export function driftCommand(): Command {
  return new Command('drift')
    .description('Compare what servers recorded with what the live version knew; exit 1 when it is critical.')
    .argument('<definition>', 'file or directory of the definition')
    .option('--store <directory>', 'artifact store (default: .model-pipeline/<pipeline>)')
    .option('--capture <directory>', 'what servers recorded (default: capture/<pipeline> of the store)')
    .option(
      '--python <interpreter>',
      'Python with the stage programs (default: .venv/bin/python, then python3)',
    )
    .action(async (path: string, { python, ...options }: Partial<DriftOptions>) => {
      const { report, directory } = await checkDrift(await loadDefinition(path), {
        ...options,
        python: findPython(python),
      });
      process.stdout.write(`${renderDrift(report)}report: ${relative('', directory)}/report/drift.json\n`);
      if (report.verdict === 'critical') process.exitCode = 1;
    });
}

/** The verdict, then the features that changed most. */
export function renderDrift({ verdict, samples, malformed, features }: DriftReport): string {
  const skipped = malformed === 0 ? '' : `, ${malformed} lines skipped`;
  const changed = features.toSorted((a, b) => b.psi - a.psi).slice(0, SHOWN_FEATURES);
  const lines = changed.map(({ name, of, psi }) => `  ${psi.toFixed(3)}  ${of} ${name}`);
  return [`${verdict}: ${samples} samples${skipped}`, ...lines, ''].join('\n');
}
