import { Token } from 'aws-cdk-lib/core';
import { type Issue, issue } from '../issue';
import type { FunctionProgram, Json } from '../pipeline';
import { format } from './asl';
import type { StoreLocation, StoreLocations } from './store-location';

/** Where the image of `containers/serving` keeps the command line. */
const COMMAND = '/srv/node_modules/cdk-model-pipeline/dist/lib/cli/main.js';

/** What SageMaker tells of a job when it has ended: docs.aws.amazon.com/sagemaker/latest/dg/byoc-metadata.html */
const ANSWER = '/opt/ml/output/message';

/** docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html */
const MAX_WORDS = 100;
const MAX_CHARACTERS = 256;

const PARAMETERS = '--parameters=';

/** An artifact program and what it is told. */
export interface ProgramCommand {
  readonly program: FunctionProgram;
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly inputs: StoreLocations;
  readonly outputs: StoreLocations;
  readonly data?: StoreLocation;
}

/** What stands before the run. Long parameters are cut in pieces, which the command joins. */
export function programEntrypoint({ program, step, parameters }: ProgramCommand): string[] {
  const text = toAscii(parameters);
  const size = MAX_CHARACTERS - PARAMETERS.length;
  const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    text.slice(index * size, (index + 1) * size),
  );
  return [
    ...[
      'node',
      COMMAND,
      'program',
      '--store',
      's3',
      '--program',
      program,
      '--step',
      step,
      '--answer',
      ANSWER,
    ],
    ...pieces.map((piece) => PARAMETERS + piece),
  ];
}

/** The directories, which a run names: an expression of its state machine. */
export function programArguments({ inputs, outputs, data }: ProgramCommand): string {
  const words = [
    ...Object.entries(inputs).map(([name, { uri }]) => word(`--input=${name}=`, uri)),
    ...Object.entries(outputs).map(([name, { uri }]) => word(`--output=${name}=`, uri)),
    ...(data ? [word('--data=', data.uri)] : []),
  ];
  return `States.Array(${words.join(', ')})`;
}

/** Parameters that a job cannot be told. */
export function commandIssues(command: ProgramCommand): Issue[] {
  const words = programEntrypoint(command).length;
  if (words <= MAX_WORDS) return [];
  const { length } = toAscii(command.parameters);
  const message = `have ${length} characters as JSON, more than fit into the ${MAX_WORDS} words of a job's command`;
  const fix = 'Name fewer metrics, inputs and prompts in the definition.';
  return [issue('parameters-too-long', 'parameters', message, fix)];
}

/** No cut goes through a character. */
function toAscii(parameters: ProgramCommand['parameters']): string {
  return JSON.stringify(parameters).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function word(option: string, uri: string): string {
  return /^(\$|States\.)/.test(uri) ? format([option, ''], uri) : `'${literal(option + uri)}'`;
}

/** A literal of a state machine's expressions; the names of buckets, which may be tokens, need no escapes. */
function literal(text: string): string {
  return Token.isUnresolved(text) ? text : text.replace(/[\\'{}]/g, '\\$&');
}
