import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { archiveIssues, SECURITY_RULES, verifyArtifact, type ArchiveLimits } from '../../lib/artifact';
import { copyOfSpamFilter, temporaryDirectory } from './support';

jest.setTimeout(30_000);

async function judge(content: Uint8Array, limits?: ArchiveLimits): Promise<string[]> {
  const file = join(temporaryDirectory(), 'archive');
  writeFileSync(file, content);
  return (await archiveIssues(file, limits)).map(({ code, message }) => `${code}: ${message}`);
}

interface TarEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly type?: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO' | 'Directory';
}

function tar(...entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = 'File' }) => {
    const bytes = Buffer.from(content);
    const header = new Header({
      path,
      type,
      size: bytes.length,
      mode: 0o644,
      linkpath: type.endsWith('Link') ? '/etc/passwd' : '',
    });
    const block = Buffer.alloc(512);
    header.encode(block);
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

interface ZipEntry {
  readonly path: string;
  readonly content?: string | Buffer;
  /** The first bits of the mode: 10 a symbolic link. */
  readonly kind?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Told in place of the real size. */
  readonly bytes?: number;
  /** Name in the entry's own header. */
  readonly local?: string;
}

function zip(...entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', kind = 8, method = 8, flags = 0, bytes, local = path } of entries) {
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(flags, 2);
    about.writeUInt16LE(method, 4);
    about.writeUInt32LE(crc32(plain), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(bytes ?? plain.length, 18);
    about.writeUInt16LE(Buffer.byteLength(path), 22);
    const own = Buffer.concat([Buffer.from('PK\x03\x04'), about, Buffer.from(local), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt16LE(kind << 12, 8);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), about, tail, Buffer.from(path)]),
    );
    parts.push(own);
    offset += own.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}

const PICKLE = Buffer.from([0x80, 0x04, 0x95, 0x00]);

describe('takes', () => {
  test('what tar itself packs', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'code'));
    writeFileSync(join(directory, 'model.onnx'), 'model');
    writeFileSync(join(directory, 'code', 'a.json'), '{}');
    const file = join(temporaryDirectory(), 'model.tar.gz');
    await create({ file, cwd: directory, gzip: true }, ['model.onnx', 'code']);
    expect(await archiveIssues(file)).toEqual([]);
  });

  test('names of over 100 characters, in tar', async () => {
    const directory = temporaryDirectory();
    const name = `${'n'.repeat(180)}.json`;
    writeFileSync(join(directory, name), '{}');
    const file = join(temporaryDirectory(), 'model.tar');
    await create({ file, cwd: directory }, [name]);
    expect(await archiveIssues(file)).toEqual([]);
  });

  test('plain files in a zip archive', async () => {
    expect(
      await judge(zip({ path: 'folder/', kind: 4 }, { path: 'folder/model.onnx', content: 'model' })),
    ).toEqual([]);
  });

  test('the archive of a version', async () => {
    const { checks } = await verifyArtifact(copyOfSpamFilter());
    expect(checks.find(({ id }) => id === 'archive')).toMatchObject({
      verdict: 'passed',
      detail: 'plain files of relative paths',
    });
  });
});

describe('refuses, in tar', () => {
  test.each<[string, Buffer, ArchiveLimits, string]>([
    [
      'a way up',
      tar({ path: '../evil' }),
      {},
      'archive-path: entry "../evil" leaves the directory it is unpacked in',
    ],
    [
      'an absolute path',
      tar({ path: '/etc/evil' }),
      {},
      'archive-path: entry "/etc/evil" has an absolute path',
    ],
    [
      'a symbolic link',
      tar({ path: 'a', type: 'SymbolicLink' }),
      {},
      'archive-link: entry "a" is neither a file nor a directory',
    ],
    [
      'a hard link',
      tar({ path: 'a', type: 'Link' }),
      {},
      'archive-link: entry "a" is neither a file nor a directory',
    ],
    [
      'a device',
      tar({ path: 'a', type: 'CharacterDevice' }),
      {},
      'archive-link: entry "a" is neither a file nor a directory',
    ],
    [
      'a pipe',
      tar({ path: 'a', type: 'FIFO' }),
      {},
      'archive-link: entry "a" is neither a file nor a directory',
    ],
    ['a name twice', tar({ path: 'a' }, { path: 'A' }), {}, 'archive-duplicate: entry "A" is there twice'],
    [
      'a pickle by its name',
      tar({ path: 'model.pkl' }),
      {},
      'archive-pickle: entry "model.pkl" is of a format that holds pickles',
    ],
    [
      'a pickle by its bytes',
      tar({ path: 'weights.bin', content: PICKLE }),
      {},
      'archive-pickle: entry "weights.bin" is a pickle',
    ],
    [
      'a bomb',
      gzipSync(tar({ path: 'zeros', content: Buffer.alloc(1 << 20) })),
      { maxBytes: 1 << 19 },
      'archive-size: unpacks to more than 524288 bytes',
    ],
    [
      'too many entries',
      tar(...Array.from({ length: 200 }, (_, index) => ({ path: String(index) }))),
      { maxEntries: 10 },
      'archive-size: has more than 10 entries',
    ],
    [
      'gzip in gzip',
      gzipSync(gzipSync(tar({ path: 'a' }))),
      {},
      'archive-broken: is compressed more than once',
    ],
  ])('%s', async (_, content, limits, message) => {
    expect(await judge(content, limits)).toEqual([message]);
  });

  test('a file that breaks off', async () => {
    const whole = gzipSync(tar({ path: 'a', content: 'content' }));
    expect((await judge(whole.subarray(0, whole.length - 12)))[0]).toBe(
      'archive-broken: is not readable: unexpected end of file',
    );
  });

  test('a damaged header', async () => {
    const damaged = tar({ path: 'a', content: 'content' });
    damaged[0] = 0x62;
    expect((await judge(damaged))[0]).toBe('archive-broken: is damaged: checksum failure');
  });
});

describe('refuses, in zip', () => {
  test.each<[string, Buffer, ArchiveLimits, string]>([
    [
      'a way up',
      zip({ path: 'a/../../evil' }),
      {},
      'archive-path: entry "a/../../evil" leaves the directory it is unpacked in',
    ],
    [
      'a way up with backslashes',
      zip({ path: '..\\evil' }),
      {},
      'archive-path: entry "..\\\\evil" leaves the directory it is unpacked in',
    ],
    ['a drive', zip({ path: 'C:evil' }), {}, 'archive-path: entry "C:evil" has an absolute path'],
    [
      'a control character',
      zip({ path: 'a\0b' }),
      {},
      'archive-path: entry "a\\u0000b" has control characters in its name',
    ],
    [
      'a symbolic link',
      zip({ path: 'a', kind: 10 }),
      {},
      'archive-link: entry "a" is neither a file nor a directory',
    ],
    ['a name twice', zip({ path: 'a' }, { path: 'a' }), {}, 'archive-duplicate: entry "a" is there twice'],
    [
      'a PyTorch model',
      zip({ path: 'archive/data.pkl', content: PICKLE }),
      {},
      'archive-pickle: entry "archive/data.pkl" is of a format that holds pickles',
    ],
    [
      'a bomb',
      zip({ path: 'a', bytes: 0xffffffff }),
      { maxBytes: 2 ** 30 },
      'archive-size: unpacks to 4294967295 bytes; allowed are 1073741824',
    ],
    [
      'too many entries',
      zip({ path: 'a' }, { path: 'b' }),
      { maxEntries: 1 },
      'archive-size: has more than 1 entries',
    ],
    ['encryption', zip({ path: 'a', flags: 1 }), {}, 'archive-broken: entry "a" is encrypted'],
    [
      'another compression',
      zip({ path: 'a', method: 99 }),
      {},
      'archive-broken: entry "a" is compressed with method 99; allowed: 0, 8',
    ],
    [
      'another name in its own header',
      zip({ path: 'a', local: 'b' }),
      {},
      'archive-broken: entry "a" has another name in its own header',
    ],
    ['no directory', Buffer.from('PK\x03\x04 and no more'), {}, 'archive-broken: has no readable directory'],
  ])('%s', async (_, content, limits, message) => {
    expect(await judge(content, limits)).toEqual([message]);
  });

  test('entries that share their bytes', async () => {
    const shared = zip({ path: 'a', content: 'content' }, { path: 'b', content: 'content' });
    // The second entry points into the first.
    const second = shared.lastIndexOf('PK\x01\x02');
    shared.writeUInt32LE(4, second + 42);
    expect(await judge(shared)).toContain('archive-size: has entries that share their bytes');
  });

  test('a directory that lists fewer than it names', async () => {
    const short = zip({ path: 'a' });
    short.writeUInt16LE(2, short.length - 22 + 10);
    expect(await judge(short)).toEqual(['archive-broken: names 2 entries and lists 1']);
  });
});

test('refuses what is no archive', async () => {
  expect(await judge(Buffer.from('hello'))).toEqual([
    'archive-broken: is neither a tar, a tar.gz nor a zip archive',
  ]);
});

test('a version whose archive holds a link is never executed', async () => {
  const directory = copyOfSpamFilter();
  symlinkSync('/etc/passwd', join(directory, 'link'));
  await create({ file: join(directory, 'model.tar.gz'), cwd: directory, gzip: true }, ['link']);
  const { checks } = await verifyArtifact(join(directory, 'model.onnx'));
  expect(checks.find(({ id }) => id === 'archive')?.findings.map(({ code }) => code)).toEqual([
    'archive-link',
  ]);
  expect(checks.find(({ id }) => id === 'load')?.verdict).toBe('skipped');
});

test('every rule of archives is known', () => {
  const rules = Object.entries(SECURITY_RULES).filter(([, { check }]) => check === 'archive');
  expect(rules.map(([id]) => id)).toEqual([
    'archive-broken',
    'archive-path',
    'archive-link',
    'archive-duplicate',
    'archive-size',
    'archive-pickle',
  ]);
});
