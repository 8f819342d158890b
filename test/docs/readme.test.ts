import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { compile, toMermaid } from '../../lib/pipeline';
import { modelPipeline } from '../cli/model-pipeline';
import { PYTHON } from '../local/example';

jest.setTimeout(120_000);

interface Block {
  readonly language: string;
  readonly text: string;
}

const readme = readFileSync('README.md', 'utf8');
const blocks: Block[] = [...readme.matchAll(/^```(\w+).*\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({ language, text }),
);
const of = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

test('every block is of a kind that is tested here', () => {
  const kinds = new Set(blocks.map(({ language }) => language));
  expect([...kinds].sort()).toEqual(['mermaid', 'python', 'sh', 'text', 'ts']);
});

test('the definition is the example’s, of at most 25 lines', () => {
  const file = readFileSync('examples/spam-filter/pipeline.ts', 'utf8');
  expect(of('ts')[0]).toBe(file);
  const definition = file.slice(file.indexOf('export const'));
  expect(lines(definition).length).toBeLessThanOrEqual(25);
});

test('the flowchart is the plan of the definition', () => {
  expect(of('mermaid')).toEqual([toMermaid(compile(spamFilter))]);
});

test('the Python functions are those of the example', () => {
  const code = `import ast, sys
names = lambda path: {node.name: [a.arg for a in node.args.args] for node in ast.parse(open(path).read()).body if isinstance(node, ast.FunctionDef)}
shown = names(sys.argv[1])
there = names(sys.argv[2]) | names(sys.argv[3])
print({name: arguments for name, arguments in shown.items() if there.get(name) != arguments})`;
  const shown = join(mkdtempSync(join(tmpdir(), 'readme-')), 'shown.py');
  writeFileSync(shown, of('python')[0] ?? '');
  const example = 'examples/spam-filter';
  const args = ['-c', code, shown, `${example}/preprocess.py`, `${example}/train.py`];
  expect(execFileSync(PYTHON, args, { encoding: 'utf8' })).toBe('{}\n');
});

test('every npm script that is shown exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const shown = [...readme.matchAll(/`?npm (?:run )?([\w:]+)`?/g)].map(([, name = '']) => name);
  const names = shown.filter((name) => !['registry'].includes(name));
  expect(names).toEqual(expect.arrayContaining(['demo', 'test', 'deploy:local']));
  for (const name of names) expect(scripts).toHaveProperty([name]);
});

const commands = of('sh')
  .flatMap(lines)
  .filter((line) => line.startsWith('npx model-pipeline'));
/** Those that have tests of their own: here it is their arguments that are tried. */
const TRIED = ['compare', 'diff', 'drift', 'rehearse', 'rollback', 'run', 'serve', 'sign'];
const MODEL = 'test/fixtures/versions/spam-filter/model.onnx';

test.each(commands.map((line) => (line.split('#')[0] ?? '').trim().split(' ').slice(2)))(
  'model-pipeline %s is a command',
  async (command = '', ...rest: string[]) => {
    const parameters = TRIED.includes(command) ? [command, '--help'] : [command, ...rest];
    const { code, stderr } = await modelPipeline(
      parameters.map((part) => (part === 'model.onnx' ? MODEL : part)),
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
  },
);

test('everything the layout names is there', () => {
  const [layout = ''] = of('text').slice(-1);
  for (const line of lines(layout)) expect(existsSync(line.split(' ')[0] ?? '')).toBe(true);
});

test('the output of the demo tells the steps of the plan, in order', () => {
  const [output = ''] = of('text');
  const steps = [...output.matchAll(/^ {2}✓ (\S+)/gm)].map(([, step]) => step);
  const path = compile(spamFilter).steps.filter(({ id }) => !['restore', 'notify-failure'].includes(id));
  expect(steps).toEqual(path.map(({ id }) => id));
});
