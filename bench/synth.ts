/**
 * What it takes to synthesise pipelines, against the same resources written as raw L1s: `npx tsx bench/synth.ts`.
 * Needs `npm run build`. Every figure is the median of fresh processes, without the time of loading modules.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type CfnResource, Stack, Token, Validations } from 'aws-cdk-lib/core';
import { ContainerImage, ModelPipeline, ModelPipelineRules } from 'cdk-model-pipeline/aws';
import { spamFilter } from '../examples/spam-filter/pipeline';

const COUNTS = [1, 10, 50];
const ROUNDS = 5;

/** `rules` is `ours` with this library's rules at synth. */
type Kind = 'ours' | 'rules' | 'raw';

interface Figures {
  readonly milliseconds: number;
  /** Of the whole process: steady where the machine does other things too. */
  readonly cpuMilliseconds: number;
  readonly heapMiB: number;
}

interface Run {
  readonly kind: Kind;
  readonly count: number;
  /** CDK's own validation of the templates. */
  readonly validation: boolean;
  readonly directory: string;
  /** Where `ours` has left its templates, for `raw`. */
  readonly templates: string;
}

type Resources = Readonly<Record<string, { Type: string; Properties?: Readonly<Record<string, unknown>> }>>;
type L1 = new (scope: Stack, id: string, props: object) => CfnResource;

const IMAGE = ContainerImage.fromUri('123456789012.dkr.ecr.eu-west-1.amazonaws.com/server:1.0.0');

function addPipelines(app: App, count: number): void {
  for (let index = 0; index < count; index++) {
    const definition = { ...spamFilter, name: `spam-filter-${index}` };
    new ModelPipeline(new Stack(app, `Pipeline${index}`), 'Pipeline', { definition, image: IMAGE });
  }
}

function readTemplates(directory: string): Resources[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.template.json'));
  return names.map((name) => {
    const template = JSON.parse(readFileSync(join(directory, name), 'utf8')) as { Resources: Resources };
    return template.Resources;
  });
}

/** The classes of the resources, loaded before anything is measured. */
async function loadClasses(templates: readonly Resources[]): Promise<ReadonlyMap<string, L1>> {
  const types = new Set(templates.flatMap((resources) => Object.values(resources)).map(({ Type }) => Type));
  const classes = [...types].map(async (type) => {
    const [, service = '', name = ''] = type.split('::');
    const module = (await import(`aws-cdk-lib/aws-${service.toLowerCase()}`)) as Record<string, L1>;
    const found = module[`Cfn${name}`];
    if (!found) throw new Error(`${type} has no class`);
    return [type, found] as const;
  });
  return new Map(await Promise.all(classes));
}

function addResources(app: App, templates: readonly Resources[], classes: ReadonlyMap<string, L1>): void {
  templates.forEach((resources, index) => {
    const stack = new Stack(app, `Raw${index}`);
    for (const [id, { Type, Properties = {} }] of Object.entries(resources)) {
      const Class = classes.get(Type);
      if (Class) new Class(stack, id, propsOf(Properties) as object).overrideLogicalId(id);
    }
  });
}

/** What L1s take as it stands in the template. */
const PLAIN = new Set([
  'AssumeRolePolicyDocument',
  'EventPattern',
  'KeyPolicy',
  'PolicyDocument',
  'Variables',
]);

/** Properties of a template as props of an L1: names in camel case, references as tokens. */
function propsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(propsOf);
  if (typeof value !== 'object' || value === null) return value;
  const [name = '', ...others] = Object.keys(value);
  if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) return Token.asString(value);
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase()).replace(/ID$/, 'Id'),
    PLAIN.has(key) ? (inner as unknown) : propsOf(inner),
  ]);
  return Object.fromEntries(entries) as object;
}

/** One synthesis, in the process it is called in. */
async function synthesise(run: Run): Promise<Figures> {
  // Built applications have none; with them, CDK's stack traces take longer than all else.
  process.setSourceMapsEnabled(false);
  const given = run.kind === 'raw' ? readTemplates(run.templates) : [];
  const classes = await loadClasses(given);
  // Once untimed: CDK loads its modules when they are first used.
  const once = { ...run, count: 1, directory: mkdtempSync(join(tmpdir(), 'bench-once-')) };
  time(once, given.slice(0, 1), classes);
  rmSync(once.directory, { recursive: true });
  return time(run, given, classes);
}

function time(run: Run, given: readonly Resources[], classes: ReadonlyMap<string, L1>): Figures {
  const { kind, count, validation, directory } = run;
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const app = new App({ outdir: directory, builtinCloudFormationValidation: validation });
  if (kind === 'rules') Validations.of(app).addPlugins(new ModelPipelineRules());
  if (kind === 'raw') addResources(app, given, classes);
  else addPipelines(app, count);
  app.synth();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  const heapMiB = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
  if (app.node.children.length === 0) throw new Error('the app must outlive the measurement');
  return { milliseconds, cpuMilliseconds: (user + system) / 1000, heapMiB };
}

function measure(run: Omit<Run, 'directory'>, rounds: number, directory?: string): Figures {
  const figures = Array.from({ length: rounds }, () => {
    const outdir = directory ?? mkdtempSync(join(tmpdir(), 'bench-synth-'));
    const args = [
      '--expose-gc',
      '--import',
      'tsx',
      __filename,
      JSON.stringify({ ...run, directory: outdir }),
    ];
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio] });
    if (!directory) rmSync(outdir, { recursive: true });
    return JSON.parse(output) as Figures;
  });
  const of = (name: keyof Figures) => median(figures.map((figure) => figure[name]));
  return {
    milliseconds: of('milliseconds'),
    cpuMilliseconds: of('cpuMilliseconds'),
    heapMiB: of('heapMiB'),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const HEADINGS = [
  'pipelines',
  'validation',
  'kind',
  'ms',
  'CPU ms',
  'heap MiB',
  'ms ÷ raw',
  'CPU ÷ raw',
  'heap ÷ raw',
];

function report(): void {
  printRow(HEADINGS);
  for (const count of COUNTS) {
    const templates = mkdtempSync(join(tmpdir(), 'bench-templates-'));
    measure({ kind: 'ours', count, validation: false, templates: '' }, 1, templates);
    if (count === 1) reportSize(templates);
    for (const validation of count === 50 ? [false] : [false, true]) {
      const rounds = count === 1 ? ROUNDS : 1;
      const raw = measure({ kind: 'raw', count, validation, templates }, rounds);
      for (const kind of ['raw', 'ours', 'rules'] as const) {
        const figures = kind === 'raw' ? raw : measure({ kind, count, validation, templates }, rounds);
        const values = [figures.milliseconds, figures.cpuMilliseconds, figures.heapMiB];
        const ratios = [
          figures.milliseconds / raw.milliseconds,
          figures.cpuMilliseconds / raw.cpuMilliseconds,
          figures.heapMiB / raw.heapMiB,
        ];
        printRow([
          String(count),
          validation ? 'on' : 'off',
          kind,
          ...values.map((value) => value.toFixed(1)),
          ...ratios.map((ratio) => ratio.toFixed(2)),
        ]);
      }
    }
    rmSync(templates, { recursive: true });
  }
}

function printRow(cells: readonly string[]): void {
  console.log(cells.map((cell) => cell.padStart(10)).join('  '));
}

function reportSize(directory: string): void {
  const [resources = {}] = readTemplates(directory);
  const name = readdirSync(directory).find((file) => file.endsWith('.template.json')) ?? '';
  const { size } = statSync(join(directory, name));
  console.log(`one pipeline: ${Object.keys(resources).length} resources, ${size} bytes of template`);
}

async function main(): Promise<void> {
  const [run] = process.argv.slice(2);
  if (run === undefined) report();
  else console.log(JSON.stringify(await synthesise(JSON.parse(run) as Run)));
}

void main();
