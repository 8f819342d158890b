import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { diffModels, readStructure, renderDiff } from '../artifact';
import { IssueError } from '../issue';

const USAGE = 2;

/** Exit code 0: no difference. 1: differences. 2: the command could not do its work. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('Compare two models: what was added, removed, rewired; which weights changed.')
    .argument('<before>', 'an .onnx file, or a directory with model.onnx')
    .argument('<after>', 'the same')
    .option('--json', 'print the comparison as JSON')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .action((before: string, after: string, { json }: { readonly json?: true }, command: Command) => {
      try {
        const diff = diffModels(readStructure(modelOf(before)), readStructure(modelOf(after)));
        process.stdout.write(json ? `${JSON.stringify(diff, null, 2)}\n` : renderDiff(diff));
        process.exitCode = diff.same ? 0 : 1;
      } catch (error) {
        if (!(error instanceof IssueError)) throw error;
        command.error(error.message, { exitCode: USAGE });
      }
    });
}

function modelOf(target: string): string {
  return statSync(target, { throwIfNoEntry: false })?.isDirectory() ? join(target, 'model.onnx') : target;
}
