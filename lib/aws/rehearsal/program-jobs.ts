import { parseArgs } from 'node:util';
import type { Json } from '../../pipeline';
import type { ProgramEvent, ProgramResult } from '../functions/program';
import { failure } from './failure';
import { wordsOf } from './job-parameters';

const repeated = { type: 'string', multiple: true } as const;
const once = { type: 'string' } as const;

/** What the command of an artifact program's job tells it; `undefined` for the jobs of stage programs. */
export function programEventOf(parameters: Readonly<Record<string, unknown>>): ProgramEvent | undefined {
  const words = wordsOf(parameters);
  if (!words.includes('--program')) return undefined;
  const { values } = parseArgs({
    args: words.slice(words.indexOf('program') + 1),
    options: {
      store: once,
      program: once,
      step: once,
      answer: once,
      data: once,
      parameters: repeated,
      input: repeated,
      output: repeated,
    },
  });
  const { program = '', step = '', data } = values;
  return {
    program,
    step,
    data,
    parameters: JSON.parse((values.parameters ?? []).join('')) as Readonly<Record<string, Json>>,
    inputs: namedOf(values.input),
    outputs: namedOf(values.output),
  };
}

/** What DescribeProcessingJob says of a program's job in the end. */
export async function describeProgramJob(
  parameters: Readonly<Record<string, unknown>>,
  result: Promise<unknown>,
): Promise<unknown> {
  try {
    const { version, digest, modelUri, dataDigest } = (await result) as ProgramResult;
    const published = { version, digest, modelUri, dataDigest };
    return { ...parameters, ExitMessage: JSON.stringify(published) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw failure(
      'States.TaskFailed',
      JSON.stringify({ ExitMessage: `${name}: ${message}`, FailureReason: 'AlgorithmError: See job logs' }),
    );
  }
}

function namedOf(words: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
}
