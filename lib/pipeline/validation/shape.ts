import type { z } from 'zod';
import type { Issue } from '../../issue';
import { definitionSchema } from './schema';

/** Every field that is missing, unknown, of a wrong type or out of its range. */
export function checkShape(definition: unknown): Issue[] {
  const result = definitionSchema.safeParse(definition, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => toIssues(issue));
}

type ZodIssue = z.core.$ZodIssue;

function toIssues(issue: ZodIssue, parent: readonly PropertyKey[] = []): Issue[] {
  const path = [...parent, ...issue.path];
  const at = formatPath(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        code: 'unknown-field',
        path: formatPath([...path, key]),
        message: 'is not a field of a definition',
        fix: 'Remove it, or correct its name: the type PipelineDefinition has every field.',
      }));
    case 'invalid_union':
      return toUnionIssues(issue, path);
    case 'invalid_type':
      return issue.input === undefined
        ? [
            {
              code: 'missing-field',
              path: at,
              message: 'is missing',
              fix: `Add it: ${article(issue.expected)}.`,
            },
          ]
        : [
            {
              code: 'wrong-type',
              path: at,
              message: `is ${show(issue.input)}`,
              fix: `Give ${article(issue.expected)}.`,
            },
          ];
    case 'invalid_value':
      return [
        {
          code: issue.input === undefined ? 'missing-field' : 'not-a-choice',
          path: at,
          message: issue.input === undefined ? 'is missing' : `is ${show(issue.input)}`,
          fix: `Choose one of ${issue.values.map((value) => show(value)).join(', ')}.`,
        },
      ];
    case 'too_small':
    case 'too_big':
      return [
        {
          code: 'out-of-range',
          path: at,
          message: `is ${showSize(issue.input)}`,
          fix: `Give ${range(issue)}.`,
        },
      ];
    default:
      return [
        { code: 'invalid-value', path: at, message: `is ${show(issue.input)}`, fix: sentence(issue.message) },
      ];
  }
}

/** Of a union's members, the one that the input comes closest to, by its fields, tells best what is wrong. */
function toUnionIssues(issue: ZodIssue & { code: 'invalid_union' }, path: readonly PropertyKey[]): Issue[] {
  const at = formatPath(path);
  const members = issue.errors.map((errors) => errors.flatMap((error) => toIssues(error, path)));
  const closest = members
    .filter((issues) => issues.every((found) => found.path !== at))
    .toSorted((a, b) => unknownFields(a) - unknownFields(b) || a.length - b.length)[0];
  return (
    closest ?? [
      {
        code: issue.input === undefined ? 'missing-field' : 'not-a-choice',
        path: at,
        message: issue.input === undefined ? 'is missing' : `is ${show(issue.input)}`,
        fix: sentence(issue.message),
      },
    ]
  );
}

const unknownFields = (issues: readonly Issue[]) =>
  issues.filter(({ code }) => code === 'unknown-field').length;

const UNITS: Readonly<Record<string, string>> = { array: ' elements', string: ' character' };

function range(issue: ZodIssue & { code: 'too_small' | 'too_big' }): string {
  const unit = UNITS[issue.origin] ?? '';
  return issue.code === 'too_small'
    ? `${issue.inclusive === false ? 'more than' : 'at least'} ${String(issue.minimum)}${unit}`
    : `${issue.inclusive === false ? 'less than' : 'at most'} ${String(issue.maximum)}${unit}`;
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
};

function article(expected: string): string {
  return ARTICLES[expected] ?? expected;
}

export function formatPath(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (done, key) => done + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    '',
  );
  return text.replace(/^\./, '') || 'definition';
}

function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) as string | undefined);
  if (text === undefined) return String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function showSize(input: unknown): string {
  return Array.isArray(input) ? `a list of ${input.length}` : show(input);
}

function sentence(message: string): string {
  return `It ${message.replace(/\.$/, '')}.`;
}
