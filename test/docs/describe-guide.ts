import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Block, constructPages, readBlocks, readGuide, runBlock, typeErrors } from './guide-blocks';

export interface Guide<App> {
  readonly cloud: 'aws' | 'google';
  /** What the entry point of the cloud exports. */
  readonly exported: object;
  /** Declares what examples need not declare. */
  readonly globals: string;
  /** Directories and files that examples find beside them, by name; a version is there as `model`. */
  readonly beside?: () => Promise<Readonly<Record<string, string>>>;
  /** What an example is given. */
  readonly create: () => { readonly app: App; readonly stack: unknown };
  readonly synth: (app: App) => void;
}

/** The tests of a guide: every example compiles and is synthesised, every construct has a page with one. */
export function describeGuide<App>({ cloud, create, beside, exported, globals, synth }: Guide<App>): void {
  const guide = join('docs', 'guide', cloud);
  const blocks = readGuide(guide);
  const inReadme = readBlocks('.', 'README.md', resolve('.')).filter(({ text }) =>
    text.includes(`'cdk-model-pipeline/${cloud}'`),
  );

  test('every example compiles, in the README as well', () => {
    expect(inReadme).toHaveLength(1);
    expect(typeErrors([...blocks, ...inReadme], globals)).toEqual([]);
  });

  describe('every example is synthesised', () => {
    const before = process.cwd();

    beforeAll(async () => {
      const directory = mkdtempSync(join(tmpdir(), 'guide-'));
      const found = { model: resolve('test/fixtures/versions/spam-filter'), ...(await beside?.()) };
      for (const [name, path] of Object.entries(found)) {
        cpSync(path, join(directory, name), { recursive: true });
      }
      process.chdir(directory);
    });
    afterAll(() => {
      process.chdir(before);
    });

    const synthesised = blocks.filter((block) => block.synth).map((block) => [block.place, block] as const);
    test.each(synthesised)('%s', (_, block: Block) => {
      const { app, stack } = create();
      synth(runBlock(block, app, stack));
    });
  });

  const constructs = constructPages(exported);

  test('every construct has a page', () => {
    expect(constructs.filter((page) => !existsSync(join(guide, page)))).toEqual([]);
  });

  test('every page of a construct has an example', () => {
    const withoutExample = constructs.filter(
      (page) => existsSync(join(guide, page)) && readBlocks(guide, page).length === 0,
    );
    expect(withoutExample).toEqual([]);
  });
}
