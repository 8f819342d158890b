import { statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import {
  readGolden,
  readSignature,
  renderReport,
  reportHtml,
  toSarif,
  verifyArtifact,
  verifyLanguageModel,
  type VerificationReport,
  type VerifyEvent,
} from '../artifact';
import { readLanguageModelSignature } from '../artifact/language-model/signature';
import { type Issue, issue, IssueError, throwIssues } from '../issue';
import { writeJson } from '../program/support';
import { type LanguageModelTarget, languageModelTarget } from './language-model-target';
import { readPem } from './read-pem';

interface Options {
  readonly json?: true;
  readonly report?: string;
  readonly html?: string;
  readonly sarif?: string;
  readonly tolerance?: number;
  readonly signature?: string;
  readonly golden?: string;
  readonly publicKey?: string;
  readonly exclude: Readonly<Record<string, string>>;
  readonly cache?: string;
}

const USAGE = 2;
const INTERRUPTED = 130;

/** Exit code 0: verified. 1: findings. 2: the command could not do its work. 130: interrupted. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Check a model, a package or a version, and say what is wrong with it.')
    .argument('<target>', 'an .onnx file, a directory with model.onnx, or one of a language model')
    .option('--json', 'print the report as JSON')
    .option('--report <file>', 'write the report to a file')
    .option('--html <file>', 'write the report as a page for the browser')
    .option('--sarif <file>', 'write the findings for a code-scanning page')
    .option('--tolerance <number>', 'accepted absolute difference on the golden samples', parseTolerance)
    .option('--signature <file>', 'hold the model to this signature.json')
    .option('--golden <directory>', 'directory with the samples.json to compare with')
    .option('--public-key <pem>', 'demand that the holder of this key signed the directory')
    .option('--exclude <id=reason>', 'leave out a check, and say why in the report', collectExclusion, {})
    .option('--cache <directory>', 'do not verify again what did not change since')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .action(async (target: string, options: Options, command: Command) => {
      const interruption = new AbortController();
      const interrupt = () => {
        interruption.abort();
      };
      process.once('SIGINT', interrupt);
      try {
        const report = await verify(target, options, interruption.signal);
        if (options.report !== undefined) writeJson(options.report, report);
        if (options.html !== undefined) writeFileSync(options.html, reportHtml(report));
        if (options.sarif !== undefined) writeJson(options.sarif, toSarif(report, { uri: fileOf(target) }));
        process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
        process.exitCode = report.verdict === 'passed' ? 0 : 1;
      } catch (error) {
        if (interruption.signal.aborted) {
          process.stderr.write('interrupted\n');
          process.exitCode = INTERRUPTED;
          return;
        }
        if (!(error instanceof IssueError)) throw error;
        command.error(error.message, { exitCode: USAGE });
      } finally {
        process.off('SIGINT', interrupt);
      }
    });
}

/** Where the model is, as a code-scanning page names files. */
function fileOf(target: string): string {
  const languageModel = languageModelTarget(target)?.directory;
  const directory = languageModel ?? (statSync(target).isDirectory() ? target : undefined);
  const name = languageModel === undefined ? 'model.onnx' : 'config.json';
  const file = directory === undefined ? target : join(directory, name);
  return relative('.', file).replaceAll('\\', '/');
}

/** What the user named must be readable: that is not the model's fault. */
function verify(target: string, options: Options, signal: AbortSignal): Promise<VerificationReport> {
  const { tolerance, signature, golden, publicKey, exclude, cache } = options;
  const onProgress = process.stderr.isTTY ? showProgress : undefined;
  const languageModel = languageModelTarget(target);
  if (languageModel) {
    const { directory, version } = languageModel;
    throwIssues('verify', languageModelIssues(languageModel, options));
    const file = signature ?? (version === undefined ? undefined : join(version, 'signature.json'));
    return verifyLanguageModel(directory, {
      signature: file === undefined ? undefined : readLanguageModelSignature(file),
      provenance:
        version === undefined || publicKey === undefined
          ? undefined
          : { version, publicKey: readPem(publicKey) },
      signal,
      onProgress,
    });
  }
  if (golden !== undefined) readGolden(golden);
  return verifyArtifact(target, {
    tolerance: { absolute: tolerance },
    signature: signature === undefined ? undefined : readSignature(signature),
    golden,
    publicKey: publicKey === undefined ? undefined : readPem(publicKey),
    exclude,
    cache,
    signal,
    onProgress,
  });
}

/** Options that say how a model is run, or which of its checks; and files that would change the model. */
function languageModelIssues({ directory, version }: LanguageModelTarget, options: Options): Issue[] {
  const { tolerance, golden, publicKey, exclude, cache, report, html, sarif } = options;
  const refused = { tolerance, golden, exclude: Object.keys(exclude)[0], cache };
  const given = (of: Readonly<Record<string, string | number | undefined>>) =>
    Object.entries(of).filter(([, value]) => value !== undefined);
  return [
    ...given(refused).map(([name]) =>
      issue('option', `--${name}`, 'is not for language models', 'leave it out'),
    ),
    ...(publicKey !== undefined && version === undefined
      ? [issue('option', '--public-key', 'is for versions, which are signed as a whole', 'leave it out')]
      : []),
    ...given({ report, html, sarif })
      .filter(([, file]) => isWithin(directory, String(file)))
      .map(([name]) =>
        issue('option', `--${name}`, 'would be one file more of the model', 'name a file outside of it'),
      ),
  ];
}

function isWithin(directory: string, file: string): boolean {
  const path = relative(directory, file);
  return !isAbsolute(path) && !path.startsWith('..');
}

/** One line that is written over, and gone in the end. */
function showProgress(event: VerifyEvent): void {
  const line = event.event === 'check-started' ? `${event.number}/${event.of} ${event.title} …` : '';
  process.stderr.write(`\r\u001b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
}

function parseTolerance(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It is a number, 0 or more.');
  return value;
}

function collectExclusion(
  text: string,
  earlier: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, id, reason] = /^([\w-]+)=(.*)$/s.exec(text) ?? [];
  if (id === undefined || reason === undefined) {
    throw new InvalidArgumentError('It is the id of a check, "=", and why it is left out.');
  }
  return { ...earlier, [id]: reason };
}
