import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import { Construct } from 'constructs';
import ts from 'typescript';

/** Where the blocks are taken to be: `./pipeline` is the example's definition. */
const EXAMPLE = resolve('examples', 'spam-filter');

/** What blocks need not declare. */
const GLOBALS = join(EXAMPLE, 'guide-globals.d.ts');

export interface Block {
  /** `docs/guide/aws/model-endpoint.md:12` */
  readonly place: string;
  readonly file: string;
  readonly text: string;
  readonly synth: boolean;
}

/**
 * The examples of a page.
 *
 * @param directory where they are taken to be
 */
export function readBlocks(guide: string, page: string, directory = EXAMPLE): Block[] {
  const path = join(guide, page);
  const markdown = readFileSync(path, 'utf8');
  return [...markdown.matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: info = '', 2: text = '' }) => {
      const line = markdown.slice(0, index).split('\n').length;
      const file = join(directory, `guide-${basename(page, '.md')}-${line}.ts`);
      return { place: `${path}:${line}`, file, text, synth: info.trim() !== 'no-synth' };
    },
  );
}

/** The examples of every page of a guide. */
export function readGuide(guide: string): Block[] {
  return readdirSync(guide)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((page) => readBlocks(guide, page));
}

/**
 * What is wrong with the types of the examples.
 *
 * @param globals declares what they need not declare
 */
export function typeErrors(blocks: readonly Block[], globals: string): string[] {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, noUnusedLocals: false, types: ['node'] },
    resolve('.'),
  );
  const sources = new Map([[GLOBALS, globals], ...blocks.map(({ file, text }) => [file, text] as const)]);
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.readFile = (name) => sources.get(resolve(name)) ?? readFile(name);
  host.fileExists = (name) => sources.has(resolve(name)) || fileExists(name);
  host.getSourceFile = (name, settings, ...rest) => {
    const source = sources.get(resolve(name));
    return source === undefined
      ? getSourceFile(name, settings, ...rest)
      : ts.createSourceFile(name, source, settings);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return blocks.flatMap(({ file, place }) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText, start = 0 }) => {
      const line = source?.text.slice(0, start).split('\n').length ?? 0;
      return `${place} line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

/** Runs an example with an app and a stack of its own, which it may declare itself. */
export function runBlock<App>({ text, file }: Block, app: App, stack: unknown): App {
  const { code } = transformSync(text, {
    filename: file,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const load = (name: string): unknown =>
    jest.requireActual(name.startsWith('.') ? resolve(EXAMPLE, name) : name);
  // In braces: it may declare an `app` and a `stack` of its own.
  const block = compileFunction(`{ ${code}\n return app; }`, ['require', 'exports', 'app', 'stack'], {
    filename: file,
  }) as (...values: unknown[]) => App;
  return block(load, {}, app, stack);
}

/** Pages that the constructs of an entry point have or should have. */
export function constructPages(exported: object): string[] {
  return Object.entries(exported)
    .filter(
      ([, value]) =>
        typeof value === 'function' && (value as { prototype?: unknown }).prototype instanceof Construct,
    )
    .map(([name]) => `${kebabCase(name)}.md`);
}

function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
