import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import * as aws from '../../lib/aws';
import { writeLanguageModel } from '../artifact/write-language-model';
import { lint, templatesOf } from '../aws/cfn-lint';
import { type Block, constructPages, readBlocks, readGuide, runBlock, typeErrors } from './guide-blocks';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('../aws/stub-bundle'));
jest.setTimeout(120_000);

const GUIDE = join('docs', 'guide', 'aws');
const ENVIRONMENT = { account: '123456789012', region: 'eu-west-1' };

const blocks = readGuide(GUIDE);

test('every example compiles', () => {
  const globals = `import type { App, Stack } from 'aws-cdk-lib/core';
declare global { const app: App; const stack: Stack; }
`;
  expect(typeErrors(blocks, globals)).toEqual([]);
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

const constructs = constructPages(aws);

test('every construct has a page', () => {
  expect(constructs.filter((page) => !existsSync(join(GUIDE, page)))).toEqual([]);
});

test('every page of a construct has an example', () => {
  const withoutExample = constructs.filter(
    (page) => existsSync(join(GUIDE, page)) && readBlocks(GUIDE, page).length === 0,
  );
  expect(withoutExample).toEqual([]);
});

/** The app of a block: the one it makes, or the one it is given. */
function run(block: Block): App {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')) });
  Validations.of(app).addPlugins(new aws.ModelPipelineRules());
  return runBlock(block, app, new Stack(app, 'Guide', { env: ENVIRONMENT }));
}
