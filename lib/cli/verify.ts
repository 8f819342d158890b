import { Command, InvalidArgumentError } from 'commander';
import {
  readGolden,
  readSignature,
  renderReport,
  verifyArtifact,
  type VerificationReport,
} from '../artifact';
import { IssueError } from '../issue';
import { writeJson } from '../program/support';

interface Options {
  readonly json?: true;
  readonly report?: string;
  readonly tolerance?: number;
  readonly signature?: string;
  readonly golden?: string;
}

const USAGE = 2;

/** Exit code 0: verified. 1: findings. 2: the command could not do its work. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Check a model, a package or a version, and say what is wrong with it.')
    .argument('<target>', 'an .onnx file, or a directory with model.onnx')
    .option('--json', 'print the report as JSON')
    .option('--report <file>', 'write the report to a file')
    .option('--tolerance <number>', 'accepted absolute difference on the golden samples', parseTolerance)
    .option('--signature <file>', 'hold the model to this signature.json')
    .option('--golden <directory>', 'directory with the samples.json to compare with')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .action(async (target: string, options: Options, command: Command) => {
      try {
        const report = await verify(target, options);
        if (options.report !== undefined) writeJson(options.report, report);
        process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
        process.exitCode = report.verdict === 'passed' ? 0 : 1;
      } catch (error) {
        if (!(error instanceof IssueError)) throw error;
        command.error(error.message, { exitCode: USAGE });
      }
    });
}

/** What the user named must be readable: that is not the model's fault. */
function verify(target: string, { tolerance, signature, golden }: Options): Promise<VerificationReport> {
  if (golden !== undefined) readGolden(golden);
  return verifyArtifact(target, {
    tolerance: { absolute: tolerance },
    signature: signature === undefined ? undefined : readSignature(signature),
    golden,
  });
}

function parseTolerance(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It is a number, 0 or more.');
  return value;
}
