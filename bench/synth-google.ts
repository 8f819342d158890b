/**
 * What it takes to synthesise pipelines for Google Cloud, against the same resources written as raw
 * `TerraformResource`s: `npx tsx bench/synth-google.ts`. Needs `npm run build`. Every figure is the median of
 * fresh processes of plain Node.js, and of the whole process: its start, all modules, the definition's check.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spamFilter } from '../examples/spam-filter/pipeline';

const COUNTS = [1, 10, 50];
const ROUNDS = 5;
const PROJECT = { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' };

/** `rules` is `ours` with this library's rules at synth. */
type Kind = 'raw' | 'ours' | 'rules';

interface Figures {
  readonly milliseconds: number;
  /** Steadier where the machine does other things too. */
  readonly cpuMilliseconds: number;
  readonly peakMiB: number;
}

const NAMES = ['milliseconds', 'cpuMilliseconds', 'peakMiB'] as const;
const HEADINGS = ['pipelines', 'kind', 'ms', 'CPU ms', 'peak MiB', 'ms ÷ raw', 'CPU ÷ raw', 'MiB ÷ raw'];

/** @param templates where `ours` has left its stacks, for `raw` */
function measure(kind: Kind, count: number, templates: string, directory?: string): Figures {
  const outdir = directory ?? mkdtempSync(join(tmpdir(), 'bench-synth-'));
  const run = { kind, count, templates, directory: outdir, project: PROJECT, definition: spamFilter };
  const output = execFileSync(process.execPath, [join(__dirname, 'synth-google.cjs'), JSON.stringify(run)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (!directory) rmSync(outdir, { recursive: true });
  return JSON.parse(output) as Figures;
}

function medians(kind: Kind, count: number, templates: string): Figures {
  const rounds = Array.from({ length: count === 1 ? ROUNDS : 1 }, () => measure(kind, count, templates));
  const median = (name: keyof Figures) => {
    const values = rounds.map((figures) => figures[name]).toSorted((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? NaN;
  };
  return Object.fromEntries(NAMES.map((name) => [name, median(name)])) as unknown as Figures;
}

function report(): void {
  printRow(HEADINGS);
  for (const count of COUNTS) {
    const templates = mkdtempSync(join(tmpdir(), 'bench-templates-'));
    measure('ours', count, '', templates);
    if (count === 1) reportSize(templates);
    const raw = medians('raw', count, templates);
    for (const kind of ['raw', 'ours', 'rules'] as const) {
      const figures = kind === 'raw' ? raw : medians(kind, count, templates);
      const ratios = NAMES.map((name) => figures[name] / raw[name]);
      printRow([
        String(count),
        kind,
        ...NAMES.map((name) => figures[name].toFixed(0)),
        ...ratios.map((ratio) => ratio.toFixed(2)),
      ]);
    }
    rmSync(templates, { recursive: true });
  }
}

function printRow(cells: readonly string[]): void {
  console.log(cells.map((cell) => cell.padStart(10)).join('  '));
}

function reportSize(directory: string): void {
  const file = join(directory, 'stacks', 'Pipeline0', 'cdk.tf.json');
  const { resource } = JSON.parse(readFileSync(file, 'utf8')) as { resource: Record<string, object> };
  const count = Object.values(resource).flatMap((byName) => Object.keys(byName)).length;
  console.log(`one pipeline: ${count} resources, ${statSync(file).size} bytes`);
}

report();
