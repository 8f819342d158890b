import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Issue } from '../../issue';
import { sha256File } from '../digest';
import type { FileDigest } from '../manifest';

/** Formats that only hold data. `.model` is a SentencePiece vocabulary, `.tiktoken` one of tiktoken. */
const DATA = ['.safetensors', '.json', '.txt', '.model', '.tiktoken', '.jinja', '.md', ''];

const PICKLE = 'a Python pickle, which can run code when it is loaded';

/** Formats that can run code when they are loaded. */
const CODE: Readonly<Record<string, string>> = {
  '.bin': PICKLE,
  '.pt': PICKLE,
  '.pth': PICKLE,
  '.ckpt': PICKLE,
  '.pkl': PICKLE,
  '.joblib': PICKLE,
  '.py': 'Python code, which would run unread',
  '.so': 'machine code, which would run unread',
};

const TAKE_OUT = 'take it out; weights are taken from *.safetensors only';

/** Names of what a directory holds, sorted, but hidden files: what tools leave there is not served. */
export function listModelFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

export function weightFiles(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith('.safetensors'));
}

/** Files that have no place beside weights, and a vocabulary that is missing. */
export function fileIssues(directory: string, names: readonly string[]): Issue[] {
  const issue = (name: string, message: string, fix: string): Issue => ({
    code: 'language-model-file',
    path: join(directory, name),
    message,
    fix,
  });
  const plain = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = new Set(plain.map(({ name }) => name));
  const foreign = names.flatMap((name) => {
    if (!files.has(name))
      return [issue(name, 'is a directory or a link, not a file', 'put the files themselves side by side')];
    const format = extname(name).toLowerCase();
    if (DATA.includes(format)) return [];
    return [issue(name, `is ${CODE[format] ?? 'of a format that is not known to be only data'}`, TAKE_OUT)];
  });
  if (files.has('tokenizer.json') || files.has('tokenizer.model')) return foreign;
  const missing = 'is missing: nothing turns text into tokens';
  return [
    ...foreign,
    issue('tokenizer.json', missing, 'put tokenizer.json, or tokenizer.model, beside the weights'),
  ];
}

export function digestFiles(directory: string, names: readonly string[]): Record<string, FileDigest> {
  return Object.fromEntries(
    names.map((name) => {
      const file = join(directory, name);
      return [name, { sha256: sha256File(file), bytes: statSync(file).size }];
    }),
  );
}
