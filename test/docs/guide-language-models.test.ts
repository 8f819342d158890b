import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readBlocks, runBlock, typeErrors } from './guide-blocks';

jest.setTimeout(60_000);

const blocks = readBlocks(join('docs', 'guide'), 'language-models.md');

test('every example compiles', () => {
  expect(blocks).toHaveLength(3);
  expect(typeErrors(blocks, 'export {};\n')).toEqual([]);
});

test('the definition is valid', () => {
  const before = process.cwd();
  const directory = mkdtempSync(join(tmpdir(), 'guide-'));
  cpSync(resolve('test/fixtures/language-model'), join(directory, 'writer'), { recursive: true });
  process.chdir(directory);
  try {
    for (const block of blocks.filter(({ synth }) => synth)) runBlock(block, undefined, undefined);
  } finally {
    process.chdir(before);
  }
});
