import { isObject, type JsonObject } from '../json-file';

/** Whitespace, word characters and punctuation as Hugging Face's own (Rust) library knows them. */
const SPACE = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const PUNCTUATION = '\\p{P}!-\\/:-@\\[-`{-~';

/**
 * The npm library splits and lowercases some text otherwise than the Rust library behind Python's
 * `tokenizers`: its words and digits are ASCII only, its punctuation comes in runs, it keeps
 * `Metaspace` words together, it knows a final sigma. This rewrites a `tokenizer.json` so that both
 * give the same tokens.
 *
 * @throws Error for what the npm library would silently do otherwise
 */
export function forNpmLibrary(tokenizer: JsonObject): JsonObject {
  return {
    ...tokenizer,
    normalizer: rewriteNormalizer(tokenizer.normalizer),
    pre_tokenizer: rewritePreTokenizer(tokenizer.pre_tokenizer),
  };
}

function rewriteNormalizer(json: unknown): unknown {
  if (!isObject(json)) return json;
  if (json.type === 'Sequence') {
    return { ...json, normalizers: (json.normalizers as unknown[]).map(rewriteNormalizer) };
  }
  const lowers = json.type === 'Lowercase' || (json.type === 'BertNormalizer' && json.lowercase === true);
  if (!lowers) return json;
  const sigma = { type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' };
  return { type: 'Sequence', normalizers: [sigma, json] };
}

function rewritePreTokenizer(json: unknown): unknown {
  if (!isObject(json)) return json;
  switch (json.type) {
    case 'Sequence':
      return { ...json, pretokenizers: (json.pretokenizers as unknown[]).map(rewritePreTokenizer) };
    case 'Whitespace':
      return matches(`[${WORD}]+|[^${WORD}${SPACE}]+`);
    case 'WhitespaceSplit':
      return matches(`[^${SPACE}]+`);
    case 'BertPreTokenizer':
      return matches(`[^${SPACE}${PUNCTUATION}]+|[${PUNCTUATION}]`);
    case 'Digits':
      return matches(json.individual_digits === true ? '\\P{N}+|\\p{N}' : '\\P{N}+|\\p{N}+');
    case 'Punctuation':
      return matches(punctuationPattern(json.behavior));
    case 'Metaspace':
      return json.split === false ? json : { type: 'Sequence', pretokenizers: [json, metaspaceWords(json)] };
    case 'Split':
      return checkedSplit(json);
    default:
      return json;
  }
}

/** Keeps what matches, drops the rest. */
function matches(regex: string): JsonObject {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}

function punctuationPattern(behavior: unknown): string {
  if (behavior === 'Contiguous') return `[^${PUNCTUATION}]+|[${PUNCTUATION}]+`;
  if (behavior === 'Removed') return `[^${PUNCTUATION}]+`;
  if (behavior === 'Isolated' || behavior === undefined) return `[^${PUNCTUATION}]+|[${PUNCTUATION}]`;
  throw new Error(`Punctuation with behavior ${JSON.stringify(behavior)} is not supported`);
}

function metaspaceWords({ replacement }: JsonObject): JsonObject {
  const mark = typeof replacement === 'string' ? replacement : '▁';
  return matches(`\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}[^${mark}]*|[^${mark}]+`);
}

function checkedSplit(json: JsonObject): JsonObject {
  const supported = json.behavior === 'Removed' || (json.behavior === 'Isolated' && json.invert !== true);
  if (supported) return json;
  const behavior = `${JSON.stringify(json.behavior)}${json.invert === true ? ' and invert' : ''}`;
  throw new Error(`Split with behavior ${behavior} is not supported`);
}
