import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import ts from 'typescript';
import * as aws from '../../lib/aws';
import { writeLanguageModel } from '../artifact/write-language-model';
import { lint, templatesOf } from '../aws/cfn-lint';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('../aws/stub-bundle'));
jest.setTimeout(120_000);

const GUIDE = join('docs', 'guide', 'aws');
/** Where the blocks are taken to be: `./pipeline` is the example's definition. */
const EXAMPLE = resolve('examples', 'spam-filter');
const ENVIRONMENT = { account: '123456789012', region: 'eu-west-1' };

interface Block {
  /** `docs/guide/aws/model-endpoint.md:12` */
  readonly place: string;
  readonly file: string;
  readonly text: string;
  readonly synth: boolean;
}

function readBlocks(page: string): Block[] {
  const path = join(GUIDE, page);
  const markdown = readFileSync(path, 'utf8');
  return [...markdown.matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: info = '', 2: text = '' }) => {
      const line = markdown.slice(0, index).split('\n').length;
      const file = join(EXAMPLE, `guide-${basename(page, '.md')}-${line}.ts`);
      return { place: `${path}:${line}`, file, text, synth: info.trim() !== 'no-synth' };
    },
  );
}

const pages = readdirSync(GUIDE)
  .filter((name) => name.endsWith('.md'))
  .sort();
const blocks = pages.flatMap(readBlocks);

/** What blocks need not declare. */
const GLOBALS = join(EXAMPLE, 'guide-globals.d.ts');
const globals = `import type { App, Stack } from 'aws-cdk-lib/core';
declare global { const app: App; const stack: Stack; }
`;

test('every example compiles', () => {
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
  const diagnostics = blocks.flatMap(({ file, place }) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText, start = 0 }) => {
      const line = source?.text.slice(0, start).split('\n').length ?? 0;
      return `${place} line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
  expect(diagnostics).toEqual([]);
});

describe('every example is synthesised', () => {
  const before = process.cwd();
  const templates: string[] = [];

  beforeAll(() => {
    // cfn-lint sees more than CDK's own validation, in less time.
    process.env.CDK_VALIDATION = 'false';
    // Warnings of the rules are for the authors of apps.
    jest.spyOn(console, 'error').mockImplementation();
    const directory = mkdtempSync(join(tmpdir(), 'guide-'));
    cpSync(resolve('test/fixtures/versions/spam-filter'), join(directory, 'model'), { recursive: true });
    cpSync(writeLanguageModel(), join(directory, 'language-model'), { recursive: true });
    process.chdir(directory);
  });
  afterAll(() => {
    process.chdir(before);
    jest.restoreAllMocks();
  });

  test.each(blocks.filter(({ synth }) => synth).map((block) => [block.place, block] as const))(
    '%s',
    (_, block) => {
      const assembly = run(block).synth();
      const errors = assembly.stacksRecursively.flatMap(({ messages }) =>
        messages.filter(({ level }) => (level as string) === 'error').map(({ entry }) => entry.data),
      );
      expect(errors).toEqual([]);
      templates.push(...templatesOf(assembly.directory));
    },
  );

  test('and has a template without an error', () => {
    expect(lint(templates)).toEqual([]);
  });
});

const constructs = Object.entries(aws)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Construct)
  .map(([name]) => `${kebabCase(name)}.md`);

test('every construct has a page', () => {
  expect(constructs.filter((page) => !existsSync(join(GUIDE, page)))).toEqual([]);
});

test('every page of a construct has an example', () => {
  const withoutExample = constructs.filter(
    (page) => existsSync(join(GUIDE, page)) && readBlocks(page).length === 0,
  );
  expect(withoutExample).toEqual([]);
});

/** The app of a block: the one it makes, or the one it is given. */
function run({ text, file }: Block): App {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')) });
  Validations.of(app).addPlugins(new aws.ModelPipelineRules());
  const stack = new Stack(app, 'Guide', { env: ENVIRONMENT });
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

function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
