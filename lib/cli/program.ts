import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { ProgramResult } from '../aws/functions/program';
import type { Json } from '../pipeline';
import { runProgram } from '../program';

type Words = Readonly<Record<string, string>>;

interface Options {
  readonly program: string;
  readonly step: string;
  readonly parameters: string;
  readonly input: Words;
  readonly output: Words;
  readonly data?: string;
  readonly answer?: string;
}

/** What SageMaker keeps of the message of a job, in bytes. */
const MESSAGE_BYTES = 1024;

/** Exit code 0: the program's outputs are written. 1: it failed. */
export function programCommand(): Command {
  return new Command('program')
    .description('Run an artifact program on directories, of this machine or of S3.')
    .requiredOption('--program <name>', 'convert, verify, register or baseline')
    .requiredOption('--step <id>', "the plan's step, for messages")
    .option('--parameters <json>', 'parameters; given several times, the pieces are joined', join, '')
    .option('--input <name=directory>', 'a directory that the program reads', collect, {})
    .option('--output <name=directory>', 'a directory that it writes; metrics is one of them', collect, {})
    .option('--data <directory>', 'what the model was trained on, of which register tells the digest (S3)')
    .option('--answer <file>', 'write what the program answers, or why it failed, to a file')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { answer } = options;
  try {
    const result = await carryOut(options);
    if (answer !== undefined) writeAnswer(answer, JSON.stringify(result));
  } catch (error) {
    if (answer !== undefined) writeAnswer(answer, describe(error));
    throw error;
  }
}

/** @returns what `register` published; the metrics of every program are in its output `metrics` */
async function carryOut(options: Options): Promise<Omit<ProgramResult, 'metrics'>> {
  const { program, step, input, output, data } = options;
  const parameters = parseParameters(options.parameters);
  const directories = [...Object.values(input), ...Object.values(output)];
  if (!directories.some((directory) => directory.startsWith('s3://'))) {
    const [inputs, outputs] = [absolute(input), absolute(output)];
    for (const directory of Object.values(outputs)) mkdirSync(directory, { recursive: true });
    await runProgram({ schemaVersion: 1, program, step, parameters, inputs, outputs });
    return {};
  }
  const { requirePeers } = await import('../require-peers.js');
  requirePeers('program', ['@aws-sdk/client-s3', '@aws-sdk/client-kms']);
  const { handler } = await import('../aws/functions/program.js');
  const event = { program, step, parameters, inputs: input, outputs: output, data };
  const { metrics, ...published } = await handler(event);
  process.stdout.write(`${JSON.stringify(metrics)}\n`);
  return published;
}

function absolute(directories: Words): Words {
  return Object.fromEntries(Object.entries(directories).map(([name, path]) => [name, resolve(path)]));
}

function parseParameters(text: string): Readonly<Record<string, Json>> {
  if (text === '') return {};
  try {
    return JSON.parse(text) as Readonly<Record<string, Json>>;
  } catch (error) {
    throw new Error(`--parameters are not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The name of the failure and its cause, in as many bytes as are kept. */
function describe(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return `${name}: ${message}`;
}

function writeAnswer(file: string, text: string): void {
  const bytes = Buffer.from(text).subarray(0, MESSAGE_BYTES);
  mkdirSync(dirname(file), { recursive: true });
  // The last character may be cut through; what is left must be UTF-8.
  writeFileSync(file, bytes.toString().replace(/\ufffd+$/, ''));
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
