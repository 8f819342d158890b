import { Command, InvalidArgumentError, Option } from 'commander';
import { issue, IssueError } from '../issue';
import type { Json } from '../pipeline';
import { writeAnswer } from './program-answer';
import { type ProgramStore, runInStore, STORES, type StoredRequest } from './program-store';
import { reportEntry, reportError } from './report-error';

type Words = Readonly<Record<string, string>>;

interface Options {
  readonly program: string;
  readonly step: string;
  readonly store: ProgramStore;
  readonly parameters: string;
  readonly input: Words;
  readonly output: Words;
  readonly data?: string;
  readonly publish?: string;
  readonly signingKey?: string;
  readonly answer?: string;
}

/** Exit code 0: the program's outputs are written. 1: it failed. */
export function programCommand(): Command {
  return new Command('program')
    .description('Run an artifact program on directories of this machine, of S3 or of a mounted store.')
    .requiredOption('--program <name>', 'convert, verify, register or baseline')
    .requiredOption('--step <id>', "the plan's step, for messages")
    .addOption(
      new Option('--store <kind>', 'what the directories are of').choices(STORES).default('directories'),
    )
    .option('--parameters <json>', 'parameters; given several times, the pieces are joined', join, '')
    .option('--input <name=directory>', 'a directory that the program reads', collect, {})
    .option('--output <name=directory>', 'a directory that it writes; metrics is one of them', collect, {})
    .option('--data <directory>', 'what the model was trained on, of which register tells the digest (s3)')
    .option('--publish <directory>', "takes register's version, or what baseline measured (mounted)")
    .option('--signing-key <version>', 'key of Google Cloud KMS that signs versions (mounted)')
    .option('--answer <file>', 'write what the program answers, or why it failed, to a file')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { answer, step, store } = options;
  try {
    const outcome = await runInStore(store, requestOf(options));
    if (answer !== undefined) writeAnswer(answer, outcome.answer);
    process.stdout.write(`${step} ${outcome.ran ? 'done' : 'was done by an earlier try'}\n`);
  } catch (error) {
    if (answer !== undefined) writeAnswer(answer, error);
    if (store === 'mounted') reportEntry(step, error);
    else reportError(error);
  }
}

function requestOf({ input, output, parameters, ...request }: Options): StoredRequest {
  return { ...request, parameters: parseParameters(parameters), inputs: input, outputs: output };
}

function parseParameters(text: string): Readonly<Record<string, Json>> {
  const value: unknown = text === '' ? {} : parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, Json>>;
  }
  const message = `are no JSON object: ${text.slice(0, 100)}`;
  throw new IssueError('program', [
    issue('parameters', '--parameters', message, 'quote them for your shell'),
  ]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function join(piece: string, earlier: string): string {
  return earlier + piece;
}

function collect(text: string, earlier: Words): Words {
  const [, name, directory] = /^([\w-]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || directory === undefined) {
    throw new InvalidArgumentError('It is a name, "=", and a directory.');
  }
  return { ...earlier, [name]: directory };
}
