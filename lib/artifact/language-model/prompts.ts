import { type Issue, issue, throwIssues } from '../../issue';
import { isObject, readJsonObject } from '../json-file';
import { isCount } from './config';

/** `prompts.json` of a version: what a released version must continue before it stays. */
export interface Prompts {
  readonly schemaVersion: 1;
  /** 1 to 100, none blank. */
  readonly prompts: readonly string[];
  /** Tokens to continue each prompt by. */
  readonly promptTokens: number;
}

export const PROMPTS_FILE = 'prompts.json';

const MAX_PROMPTS = 100;
const FIX = 'write {"schemaVersion": 1, "prompts": ["Hello"], "promptTokens": 16}';

/**
 * Reads `prompts.json`.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readPrompts(file: string): Prompts {
  return parsePrompts(readJsonObject(file, 'prompts', FIX), file);
}

/**
 * Takes JSON for the content of `prompts.json`.
 *
 * @param path names it in errors
 * @throws IssueError with everything that is wrong
 */
export function parsePrompts(json: unknown, path: string): Prompts {
  const { schemaVersion, prompts, promptTokens } = isObject(json) ? json : {};
  const wrong = (field: string, got: unknown, wanted: string): Issue =>
    issue('prompts', `${path}: ${field}`, `got ${JSON.stringify(got ?? null)}, wanted ${wanted}`, FIX);
  throwIssues('prompts', [
    ...(schemaVersion === 1 ? [] : [wrong('schemaVersion', schemaVersion, '1')]),
    ...(arePrompts(prompts) ? [] : [wrong('prompts', prompts, `1 to ${MAX_PROMPTS} texts, none blank`)]),
    ...(isCount(promptTokens) ? [] : [wrong('promptTokens', promptTokens, 'a whole number from 1')]),
  ]);
  return json as Prompts;
}

function arePrompts(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_PROMPTS &&
    value.every((prompt) => typeof prompt === 'string' && prompt.trim() !== '')
  );
}
