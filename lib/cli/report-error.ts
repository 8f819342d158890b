import { IssueError } from '../issue';

/** Says what went wrong and leaves with exit code 1. People get messages, not stack traces. */
export function reportError(error: unknown): void {
  process.stderr.write(`${error instanceof IssueError ? error.message : `error: ${messageOf(error)}`}\n`);
  process.exitCode = 1;
}

/** The same as one entry of severity ERROR, as Cloud Logging reads it. */
export function reportEntry(step: string, error: unknown): void {
  const cause =
    error instanceof IssueError
      ? error.issues.map(({ path, message, fix }) => `${path}: ${message} (fix: ${fix})`).join('; ')
      : messageOf(error);
  const entry = { severity: 'ERROR', message: `${step}: ${cause}`, step };
  process.stderr.write(`${JSON.stringify(entry)}\n`);
  process.exitCode = 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
