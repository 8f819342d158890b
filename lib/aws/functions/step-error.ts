import { IssueError } from '../../issue';

/**
 * What a state machine shows of a failed function: the name (`Error`) is the code of the first issue,
 * the message (in `Cause`) one line with all of them.
 *
 * @param directory of the function's files, left out of the message
 */
export function stepError(error: unknown, directory?: string): Error {
  if (!(error instanceof IssueError)) return error instanceof Error ? error : new Error(String(error));
  const lines = error.issues.map(({ path, message, fix }) => `${path}: ${message} (fix: ${fix})`);
  const text = lines.join('; ').replaceAll(/\s*\n\s*/g, ' ');
  const failure = new Error(directory === undefined ? text : text.replaceAll(`${directory}/`, ''), {
    cause: error,
  });
  failure.name = error.issues[0]?.code ?? error.name;
  return failure;
}
