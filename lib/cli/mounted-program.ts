import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { googleKmsSigner } from '../artifact/provenance/google-kms-signer';
import { IssueError } from '../issue';
import type { Json } from '../pipeline';
import { runMounted } from '../program/mounted/run-mounted';
import { accessToken } from './google-token';

type Directories = Readonly<Record<string, string>>;

interface Options {
  readonly program: string;
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly input: Directories;
  readonly output: Directories;
  readonly publish?: string;
  readonly signingKey?: string;
}

export function mountedProgramCommand(): Command {
  return new Command('mounted-program')
    .description('Run an artifact program on directories of a mounted store, as jobs in the cloud do.')
    .requiredOption('--program <name>', 'convert, verify, register or baseline')
    .requiredOption('--step <id>', "id of the plan's step, for messages")
    .option('--parameters <json>', 'parameters of the program', parseParameters, {})
    .option('--input <name=directory>', 'an input; may be given again', parseDirectory, {})
    .option('--output <name=directory>', 'an output; may be given again', parseDirectory, {})
    .option('--publish <directory>', 'takes the version of register, or what baseline measured')
    .option('--signing-key <version>', 'key version of Google Cloud KMS that signs versions')
    .action(async (options: Options) => {
      try {
        await run(options);
      } catch (error) {
        reportEntry(options.step, error);
      }
    });
}

async function run({ input, output, publish, signingKey, ...request }: Options): Promise<void> {
  const signer =
    signingKey === undefined ? undefined : googleKmsSigner({ keyVersion: signingKey, accessToken });
  const ran = await runMounted(
    {
      ...request,
      inputs: input,
      outputs: output,
      publish: publish === undefined ? undefined : resolve(publish),
    },
    { signer },
  );
  process.stdout.write(`${request.step} ${ran ? 'done' : 'was done by an earlier try'}\n`);
}

/** One entry of severity ERROR, as Cloud Logging reads it. */
function reportEntry(step: string, error: unknown): void {
  const cause =
    error instanceof IssueError
      ? error.issues.map(({ path, message, fix }) => `${path}: ${message} (fix: ${fix})`).join('; ')
      : error instanceof Error
        ? error.message
        : String(error);
  const entry = { severity: 'ERROR', message: `${step}: ${cause}`, step };
  process.stderr.write(`${JSON.stringify(entry)}\n`);
  process.exitCode = 1;
}

function parseParameters(text: string): Options['parameters'] {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError('It is a JSON object.');
  }
  return value as Options['parameters'];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseDirectory(text: string, others: Directories): Directories {
  const [, name, path] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || path === undefined) {
    throw new InvalidArgumentError('It is a name and a directory: model=/gcs/store/model.');
  }
  return { ...others, [name]: resolve(path) };
}
