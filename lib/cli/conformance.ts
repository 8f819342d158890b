import { Command, InvalidArgumentError } from 'commander';
import { accounted, renderConformance, runConformance } from '../artifact';

interface Options {
  readonly json?: true;
  readonly verbose?: true;
  readonly require: number;
}

const REQUIRED_PERCENT = 96;

/** Exit code 0 when enough cases passed or were refused for a cause, else 1. */
export function conformanceCommand(): Command {
  return new Command('conformance')
    .description(
      'Run recorded ONNX cases, such as onnx/backend/test/data of the Python package onnx, in the installed ' +
        'onnxruntime, and tell by cause what it cannot do.',
    )
    .addHelpText(
      'after',
      '\nWith ALLOW_RELEASED_ONNX_OPSET_ONLY=0 in the environment onnxruntime also takes the operator sets ' +
        'that it has and that ONNX has not released.',
    )
    .argument(
      '<directory>',
      'directories with model.onnx and test_data_set_N/{input,output}_M.pb, at any depth',
    )
    .option('--json', 'print the report as JSON')
    .option('--verbose', 'list the refused cases as well as the failed ones')
    .option(
      '--require <percent>',
      'share of cases that must pass or be refused for a cause',
      parsePercent,
      REQUIRED_PERCENT,
    )
    .action(async (directory: string, { json, verbose, require }: Options) => {
      const report = await runConformance(directory);
      process.stdout.write(
        json ? `${JSON.stringify(report, null, 2)}\n` : renderConformance(report, verbose),
      );
      process.exitCode = 100 * accounted(report) >= require ? 0 : 1;
    });
}

function parsePercent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100)) {
    throw new InvalidArgumentError('It is a number from 0 to 100.');
  }
  return value;
}
