import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import * as google from '../../lib/google';
import { constructPages, readBlocks, readGuide, runBlock, typeErrors } from './guide-blocks';

jest.setTimeout(120_000);

const GUIDE = join('docs', 'guide', 'google');

const blocks = readGuide(GUIDE);

test('every example compiles', () => {
  const globals = `import type { App, TerraformStack } from 'cdktf';
declare global { const app: App; const stack: TerraformStack; }
`;
  expect(typeErrors(blocks, globals)).toEqual([]);
});

describe('every example is synthesised', () => {
  const before = process.cwd();

  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'guide-'));
    cpSync(resolve('test/fixtures/versions/spam-filter'), join(directory, 'model'), { recursive: true });
    process.chdir(directory);
  });
  afterAll(() => {
    process.chdir(before);
  });

  test.each(blocks.filter(({ synth }) => synth).map((block) => [block.place, block] as const))(
    '%s',
    (_, block) => {
      const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdktf.out-')) });
      const stack = new TerraformStack(app, 'Guide');
      new GoogleProvider(stack, 'Google', { project: 'my-project-123456', region: 'europe-west4' });
      const ran = runBlock(block, app, stack);
      ran.synth();
      expect(existsSync(join(ran.outdir, 'manifest.json'))).toBe(true);
    },
  );
});

const constructs = constructPages(google);

test('every construct has a page', () => {
  expect(constructs.filter((page) => !existsSync(join(GUIDE, page)))).toEqual([]);
});

test('every page of a construct has an example', () => {
  const withoutExample = constructs.filter(
    (page) => existsSync(join(GUIDE, page)) && readBlocks(GUIDE, page).length === 0,
  );
  expect(withoutExample).toEqual([]);
});
