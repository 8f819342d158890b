import * as huggingFace from '@huggingface/tokenizers';
import { join } from 'node:path';
import { IssueError } from '../../issue';
import { readJsonObject, type JsonObject } from '../json-file';
import type { TensorData } from '../tensor';
import type { Complaint, InputEncoder } from './input-encoder';
import { forNpmLibrary } from './tokenizer-json';

/** `"kind": "text"` of `preprocessing.json`. */
export interface TextInput {
  readonly kind: 'text';
  readonly field: string;
  /** File name of a Hugging Face `tokenizer.json` beside `preprocessing.json`. */
  readonly tokenizer: string;
  /** Ids per row. */
  readonly length: number;
  readonly pad: 'left' | 'right';
  readonly padId: number;
  /** `right` keeps the first ids, `left` the last. */
  readonly truncate: 'left' | 'right';
}

/** What is used of the library; its own declarations do not resolve under Node's module resolution. */
interface Tokenizer {
  encode(text: string): { readonly ids: readonly (number | undefined)[] };
}
const { Tokenizer } = huggingFace as unknown as {
  Tokenizer: new (json: object, config: object) => Tokenizer;
};

/**
 * Text to a row of `length` token ids. The truncation and padding that a `tokenizer.json` can ask for
 * are not applied: `preprocessing.json` alone decides them.
 *
 * @throws IssueError when the tokenizer cannot be read or is of a kind the library does not know
 */
export function textEncoder(input: TextInput, directory: string): InputEncoder {
  const tokenizer = loadTokenizer(join(directory, input.tokenizer));
  const { length, pad, padId, truncate } = input;
  const encode = (value: unknown, target: TensorData, offset: number): Complaint | undefined => {
    if (typeof value !== 'string') {
      return { message: `got ${describe(value)}, wanted a string`, fix: 'send the text as a JSON string' };
    }
    const all = tokenizer.encode(value).ids;
    const kept = truncate === 'right' ? all.slice(0, length) : all.slice(-length);
    if (kept.includes(undefined)) {
      const fix = 'train the tokenizer with a token for what it does not know';
      return { message: 'holds text that is not in the vocabulary of the tokenizer', fix };
    }
    const padding = new Array<number>(length - kept.length).fill(padId);
    const row = pad === 'left' ? [...padding, ...kept] : [...kept, ...padding];
    row.forEach((id, index) => (target[offset + index] = BigInt(id ?? padId)));
    return undefined;
  };
  return { field: input.field, dtype: 'int64', shape: [length], encode };
}

function loadTokenizer(file: string): Tokenizer {
  const fix = 'save the tokenizer with `tokenizer.save("tokenizer.json")` of Hugging Face tokenizers';
  const json = readJsonObject(file, 'preprocessing', fix);
  try {
    return new Tokenizer(forNpmLibrary(json), runtimeConfig(json));
  } catch (error) {
    const message = `is not a tokenizer this library can run: ${(error as Error).message}`;
    const issue = { code: 'tokenizer', path: file, message, fix };
    throw new IssueError('preprocessing', [issue], { cause: error });
  }
}

/** The library reads the unknown token of a `WordLevel` model from the configuration only. */
function runtimeConfig({ model }: JsonObject): object {
  return { unk_token: (model as JsonObject | undefined)?.unk_token };
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
