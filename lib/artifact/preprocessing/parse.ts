import type { Issue } from '../../issue';
import { entriesOf, isObject, type JsonObject } from '../json-file';
import type { NumbersInput } from './numbers-encoder';
import type { TextInput } from './text-encoder';

export type PreprocessingInput = TextInput | NumbersInput;

/** Everything wrong with the content of `preprocessing.json`. */
export function preprocessingIssues(json: JsonObject, file: string): Issue[] {
  const inputs = entriesOf(json.inputs);
  return [
    ...problem(json.schemaVersion === 1, `${file}: schemaVersion`, json.schemaVersion, '1'),
    ...problem(inputs.length > 0, `${file}: inputs`, json.inputs, 'an object with at least one input'),
    ...inputs.flatMap(([name, input]) => inputIssues(input, `${file}: inputs.${name}`)),
    ...problem(
      json.labels === undefined || isListOf(json.labels, (label) => typeof label === 'string'),
      `${file}: labels`,
      json.labels,
      'a list of strings, or nothing',
    ),
  ];
}

function inputIssues(json: unknown, path: string): Issue[] {
  const input = isObject(json) ? json : {};
  const field = problem(typeof input.field === 'string', `${path}.field`, input.field, 'a string');
  if (input.kind === 'text') return [...field, ...textIssues(input, path)];
  if (input.kind === 'numbers') return [...field, ...numbersIssues(input, path)];
  return problem(false, `${path}.kind`, input.kind, '"text" or "numbers"');
}

function textIssues({ tokenizer, length, pad, padId, truncate }: JsonObject, path: string): Issue[] {
  const plainName = typeof tokenizer === 'string' && /^[\w-][\w.-]*$/.test(tokenizer);
  return [
    ...problem(plainName, `${path}.tokenizer`, tokenizer, 'the name of a file beside preprocessing.json'),
    ...problem(isCount(length) && length !== 0, `${path}.length`, length, 'an integer from 1'),
    ...problem(pad === 'left' || pad === 'right', `${path}.pad`, pad, '"left" or "right"'),
    ...problem(isCount(padId), `${path}.padId`, padId, 'an integer from 0'),
    ...problem(
      truncate === 'left' || truncate === 'right',
      `${path}.truncate`,
      truncate,
      '"left" or "right"',
    ),
  ];
}

function numbersIssues({ shape, mean, scale }: JsonObject, path: string): Issue[] {
  const sizes = isListOf(shape, isCount) ? (shape as number[]) : undefined;
  const last = sizes?.at(-1) ?? 1;
  const table = (value: unknown) =>
    Number.isFinite(value) || (isListOf(value, Number.isFinite) && (value as unknown[]).length === last);
  const scales = Array.isArray(scale) ? (scale as unknown[]) : [scale];
  const wanted = `a number, or ${last} numbers for the last axis`;
  return [
    ...problem(sizes !== undefined, `${path}.shape`, shape, 'a list of sizes'),
    ...problem(table(mean), `${path}.mean`, mean, wanted),
    ...problem(table(scale) && !scales.includes(0), `${path}.scale`, scale, `${wanted}, none of them 0`),
  ];
}

function problem(fine: boolean, path: string, got: unknown, wanted: string): Issue[] {
  if (fine) return [];
  const message = `got ${got === undefined ? 'nothing' : JSON.stringify(got)}, wanted ${wanted}`;
  return [{ code: 'preprocessing', path, message, fix: 'write the file as docs/reference/formats.md says' }];
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
