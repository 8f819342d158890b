import { IssueError } from '../issue';

/** A message in protobuf's text format: every field with all its values, in order. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;
/** Texts without their quotes; numbers, truth values and enumerators as they are written. */
export type TextValue = string | TextMessage;

/** Comments, texts, punctuation, words; anything else is an error. */
const TOKEN = /\s+|#[^\n]*|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|([{}[\]:,;<>])|([\w.+-]+)|(.)/gy;
const MAX_DEPTH = 32;

/**
 * Parses protobuf's text format, in which Triton's `config.pbtxt` is written.
 *
 * @param path names the text in errors
 * @throws IssueError when it is not of that format
 */
export function parseTextProto(text: string, path: string): TextMessage {
  const tokens = tokenize(text, path);
  let place = 0;
  const next = () => tokens[place++] ?? '';
  const fail = (wanted: string): IssueError =>
    problem(path, `expected ${wanted} at token ${place}, got "${tokens[place - 1] ?? 'the end'}"`);

  function message(end: string, depth: number): TextMessage {
    if (depth > MAX_DEPTH) throw problem(path, `is nested more than ${MAX_DEPTH} deep`);
    const fields = new Map<string, TextValue[]>();
    for (let name = next(); name !== end; name = next()) {
      if (name === ',' || name === ';') continue;
      if (!/^[A-Za-z_]/.test(name)) throw fail('a field');
      if (tokens[place] === ':') place++;
      const values = tokens[place] === '[' ? list(depth) : [value(depth)];
      fields.set(name, [...(fields.get(name) ?? []), ...values]);
    }
    return fields;
  }

  function list(depth: number): TextValue[] {
    const values: TextValue[] = [];
    for (place++; tokens[place] !== ']';) {
      values.push(value(depth));
      if (tokens[place] === ',') place++;
      else if (tokens[place] !== ']') throw fail('"," or "]"');
    }
    place++;
    return values;
  }

  function value(depth: number): TextValue {
    const token = next();
    if (token === '{') return message('}', depth + 1);
    if (token === '<') return message('>', depth + 1);
    if (/^["']/.test(token)) return unquote(token);
    if (!/^[\w.+-]/.test(token)) throw fail('a value');
    return token;
  }

  return message('', 0);
}

function tokenize(text: string, path: string): string[] {
  const tokens: string[] = [];
  for (const [, quoted, mark, word, other] of text.matchAll(TOKEN)) {
    if (other !== undefined) throw problem(path, `has a ${JSON.stringify(other)} where none is allowed`);
    const token = quoted ?? mark ?? word;
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function unquote(token: string): string {
  return token
    .slice(1, -1)
    .replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function problem(path: string, message: string): IssueError {
  const fix = 'write it in the text format of protocol buffers';
  return new IssueError('configuration', [{ code: 'text-proto', path, message, fix }]);
}
