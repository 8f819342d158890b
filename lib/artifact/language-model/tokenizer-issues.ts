import { join } from 'node:path';
import type { Issue } from '../../issue';
import { entriesOf, isObject, readJsonObject } from '../json-file';
import { isCount } from './config';
import type { LanguageModelSubject } from './subject';

const FIX = 'save tokenizer.json and config.json of the same model';

/**
 * How `tokenizer.json` does not go with the model: it has no vocabulary, or tokens that the embedding has
 * no row for, at which serving fails.
 *
 * @throws IssueError when it is no JSON object
 */
export function tokenizerIssues(subject: LanguageModelSubject): Issue[] {
  const file = join(subject.directory, 'tokenizer.json');
  const { model, added_tokens: added } = readJsonObject(file, 'tokenizer', FIX);
  const vocabulary = idsOf(isObject(model) ? model.vocab : undefined);
  const issue = (path: string, message: string): Issue[] => [
    { code: 'language-model-tokenizer', path, message, fix: FIX },
  ];
  if (vocabulary.length === 0) return issue(file, 'has no vocabulary');
  const { vocab_size: rows } = subject.json();
  if (!isCount(rows)) {
    return issue(
      `${subject.configFile}: vocab_size`,
      `is ${JSON.stringify(rows ?? null)}, wanted a whole number from 1`,
    );
  }
  const ids = [...vocabulary, ...(Array.isArray(added) ? added.map((token: unknown) => idOf(token)) : [])];
  const largest = ids.reduce((most, id) => Math.max(most, id), 0);
  if (largest < rows) return [];
  return issue(
    file,
    `has a token ${largest}; config.json has a vocab_size of ${rows}, so tokens up to ${rows - 1}`,
  );
}

/** Ids of a vocabulary: by token, or the places of a list. */
function idsOf(vocabulary: unknown): number[] {
  if (Array.isArray(vocabulary)) return vocabulary.map((_, index) => index);
  return entriesOf(vocabulary).map(([, id]) => Number(id));
}

function idOf(token: unknown): number {
  return isObject(token) ? Number(token.id) : 0;
}
