import { readFileSync } from 'node:fs';
import { IssueError, type Issue } from '../issue';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON file that holds an object.
 *
 * @throws IssueError when it is missing or is anything else; its fix is `fix`
 */
export function readJsonObject(file: string, subject: string, fix: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? 'does not exist' : `is not readable as JSON: ${(error as Error).message}`;
    const issue = { code: missing ? 'file-missing' : 'json-broken', path: file, message, fix };
    throw new IssueError(subject, [issue], { cause: error });
  }
  if (!isObject(json)) {
    throw new IssueError(subject, [
      { code: 'json-broken', path: file, message: 'holds no JSON object', fix },
    ]);
  }
  return json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's entries; none where the value is not an object. */
export function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

/** What a reader returns; nothing when it throws an IssueError, whose issues are then added. */
export function attempt<T>(issues: Issue[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}
