import { IssueError } from '../issue';

/** Says what went wrong and leaves with exit code 1. People get messages, not stack traces. */
export function reportError(error: unknown): void {
  process.stderr.write(`${error instanceof IssueError ? error.message : `error: ${messageOf(error)}`}\n`);
  process.exitCode = 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
