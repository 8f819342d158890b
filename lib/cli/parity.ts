import { Command } from 'commander';
import * as aws from '../aws/support';
import * as google from '../google/support';
import * as local from '../local/support';
import { parityOf, type ParityRow, type Support, type TargetSupport } from '../pipeline';
import { loadDefinition } from './load-definition';

/** What each target says about the fields of a definition. */
export const TARGETS: Readonly<Record<string, TargetSupport>> = {
  aws: { supported: aws.SUPPORTED, emulated: aws.EMULATED, unsupported: aws.UNSUPPORTED },
  google: { supported: google.SUPPORTED, emulated: google.EMULATED, unsupported: google.UNSUPPORTED },
  local: { supported: local.SUPPORTED, emulated: local.EMULATED, unsupported: local.UNSUPPORTED },
};

export function parityCommand(): Command {
  return new Command('parity')
    .description('List every field of a definition: supported, emulated or refused, on each target.')
    .argument('<definition>', 'file or directory of the definition; its own fields are marked')
    .option('--json', 'print the list as JSON')
    .action(async (path: string, { json }: { readonly json?: true }) => {
      const rows = parityOf(await loadDefinition(path), TARGETS);
      process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : renderParity(rows));
    });
}

/** A line per field; how it is emulated and why it is refused stands once in the notes below. */
function renderParity(rows: readonly ParityRow[]): string {
  const names = Object.keys(TARGETS);
  const notes = notesOf(rows);
  const width = Math.max(...rows.map(({ field }) => field.length));
  const line = (mark: string, field: string, cells: readonly string[]) =>
    `${mark} ${field.padEnd(width)}  ${cells.map((cell) => cell.padEnd(CELL)).join('  ')}`.trimEnd();
  return [
    line(' ', 'field', names),
    ...rows.map(({ field, used, support }) => {
      const cells = names.map((name) => renderSupport(name, support[name], notes));
      return line(used ? '•' : ' ', field, cells);
    }),
    '',
    '• in the definition',
    ...notes.map((note, index) => `[${index + 1}] ${note}`),
    '',
    ...names.map((name) => summarize(name, rows)),
    '',
  ].join('\n');
}

const CELL = 'supported [00]'.length;

/** Every note once, in the order of the fields. */
function notesOf(rows: readonly ParityRow[]): string[] {
  const notes = rows.flatMap(({ support }) =>
    Object.entries(support).flatMap(([name, found]) => noteOf(name, found) ?? []),
  );
  return [...new Set(notes)];
}

function noteOf(name: string, support: Support): string | undefined {
  return support.status === 'supported' ? undefined : `${name}: ${support.detail}`;
}

function renderSupport(name: string, support: Support | undefined, notes: readonly string[]): string {
  if (!support) return 'unknown';
  const note = noteOf(name, support);
  return note === undefined ? support.status : `${support.status} [${notes.indexOf(note) + 1}]`;
}

function summarize(name: string, rows: readonly ParityRow[]): string {
  const fields = rows.filter(({ field }) => !field.includes('='));
  const count = (status: Support['status']) =>
    fields.filter(({ support }) => support[name]?.status === status).length;
  const refused = rows.filter(({ used, support }) => used && support[name]?.status === 'refused');
  const counts = `${count('supported')} supported, ${count('emulated')} emulated, ${count('refused')} refused`;
  const verdict =
    refused.length === 0
      ? 'takes this definition'
      : `refuses ${refused.map(({ field }) => field).join(', ')}`;
  return `${name}: ${counts}; ${verdict}`;
}
