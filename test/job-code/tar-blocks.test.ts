import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeFile } from '../../lib/job-code/code-files';
import { tarBlocks } from '../../lib/job-code/tar-blocks';

const LONG = `source/${'package-of-a-long-name/'.repeat(12)}train.py`;

const LIST = `
import io, json, sys, tarfile
packed = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps([[m.name, oct(m.mode), m.mtime, m.uid, packed.extractfile(m).read().decode()] for m in packed]))
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tar-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string, mode = 0o644): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const pack = (files: readonly CodeFile[]) => Buffer.concat([...tarBlocks(files)]);

test('Python reads what was packed: long names, empty files, full blocks, what may be executed', () => {
  const archive = pack([
    { name: 'plan.json', text: '{}\n' },
    { name: 'source/empty.py', from: write('empty.py', '') },
    { name: 'source/full.py', from: write('full.py', '#'.repeat(512)) },
    { name: 'source/run.sh', from: write('run.sh', 'true\n', 0o700) },
    { name: LONG, text: 'ü\n' },
  ]);
  const listed = execFileSync('python3', ['-c', LIST], { input: archive, encoding: 'utf8' });
  expect(JSON.parse(listed)).toEqual([
    ['plan.json', '0o644', 0, 0, '{}\n'],
    ['source/empty.py', '0o644', 0, 0, ''],
    ['source/full.py', '0o644', 0, 0, '#'.repeat(512)],
    ['source/run.sh', '0o755', 0, 0, 'true\n'],
    [LONG, '0o644', 0, 0, 'ü\n'],
  ]);
});

test('the bytes do not tell when files were written, or the umask of who wrote them', () => {
  const from = write('train.py', 'pass\n', 0o664);
  const before = pack([{ name: 'source/train.py', from }]);
  chmodSync(from, 0o600);
  utimesSync(from, 1, 1);
  expect(pack([{ name: 'source/train.py', from }])).toEqual(before);
});
