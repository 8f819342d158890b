import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeFile } from '../../lib/job-code/code-files';
import { writeBlocks } from '../../lib/job-code/write-blocks';
import { zipBlocks } from '../../lib/job-code/zip-blocks';

const LIST = `
import json, sys, zipfile
packed = zipfile.ZipFile(sys.argv[1])
print(json.dumps([packed.testzip(), [
    [i.filename, oct(i.external_attr >> 16), i.date_time, i.compress_type, packed.read(i).decode()]
    for i in packed.infolist()
]]))
`;
const FIRST_DAY = [1980, 1, 1, 0, 0, 0];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zip-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const pack = (files: readonly CodeFile[]) => Buffer.concat([...zipBlocks(files)]);

test.each([
  ['stored', 0],
  ['deflated', 8],
] as const)('Python reads what was %s', (method, type) => {
  const path = join(directory, 'code.zip');
  const files = [
    { name: 'plan.json', text: '{}\n' },
    { name: 'source/empty.py', from: write('empty.py', '') },
    { name: 'source/größe.py', from: write('size.py', 'größe = 1\n') },
  ];
  writeBlocks(path, zipBlocks(files, method));
  const listed = execFileSync('python3', ['-c', LIST, path], { encoding: 'utf8' });
  expect(JSON.parse(listed)).toEqual([
    null,
    [
      ['plan.json', '0o100644', FIRST_DAY, type, '{}\n'],
      ['source/empty.py', '0o100644', FIRST_DAY, type, ''],
      ['source/größe.py', '0o100644', FIRST_DAY, type, 'größe = 1\n'],
    ],
  ]);
});

test('an archive of nothing is one', () => {
  const path = join(directory, 'empty.zip');
  writeBlocks(path, zipBlocks([]));
  expect(execFileSync('python3', ['-c', LIST, path], { encoding: 'utf8' })).toBe('[null, []]\n');
});

test('the bytes depend on names and contents alone', () => {
  const from = write('train.py', 'pass\n');
  const before = pack([{ name: 'source/train.py', from }]);
  utimesSync(from, 1, 1);
  expect(pack([{ name: 'source/train.py', from }])).toEqual(before);
  expect(pack([{ name: 'source/train.py', text: 'pass\n' }])).toEqual(before);
  expect(pack([{ name: 'source/train.py', text: 'pass \n' }])).not.toEqual(before);
  expect(pack([{ name: 'train.py', from }])).not.toEqual(before);
});

test('more files than the format can count are refused', () => {
  const files = Array.from({ length: 65_536 }, (_, index) => ({ name: String(index), text: '' }));
  expect(() => pack(files)).toThrow('It must be >= 0 and <= 65535. Received 65536');
});

test('what is written has the digest of its bytes', () => {
  const path = join(directory, 'blocks');
  expect(writeBlocks(path, [Buffer.from('a'), Buffer.from('bc')])).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
