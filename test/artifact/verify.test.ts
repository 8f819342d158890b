import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  judged,
  keySigner,
  passed,
  renderReport,
  signDirectory,
  verifyArtifact,
  type Check,
  type VerifyEvent,
  type VerifyOptions,
} from '../../lib/artifact';
import { CHECKS } from '../../lib/artifact/checks';
import { sha256File } from '../../lib/artifact/digest';
import { RuntimePool } from '../../lib/artifact/runtime/runtime-pool';
import { PACKAGE_VERSION } from '../../lib/package-root';
import { keyPair } from './provenance/support';
import {
  copyOfSpamFilter,
  modelFile,
  packageOf,
  PAIR_SIGNATURE,
  SPAM_FILTER,
  temporaryDirectory,
  writeGolden,
} from './support';

jest.setTimeout(30_000);

test('a sound version passes every check, and the report is bound to its bytes', async () => {
  const report = await verifyArtifact(SPAM_FILTER);
  expect(report).toMatchObject({
    schemaVersion: 1,
    verdict: 'passed',
    model: {
      file: 'model.onnx',
      sha256: sha256File(join(SPAM_FILTER, 'model.onnx')),
      bytes: 1405,
      externalData: [],
    },
    verifier: { version: PACKAGE_VERSION, onnxruntime: '1.30.0', node: process.version },
    tolerance: { absolute: 1e-4, relative: 0 },
    summary: { irVersion: 9, parameters: 149 },
  });
  expect(report.checks.map(({ id }) => id).sort()).toEqual(CHECKS.map(({ id }) => id).sort());
  expect(report.checks.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('the summary names no path of the machine that verified', async () => {
  const { summary } = await verifyArtifact(SPAM_FILTER);
  expect(Object.keys(summary ?? {})).not.toContain('file');
});

test('a bare file passes what can be checked, and lists what cannot', async () => {
  const report = await verifyArtifact(modelFile('identity'));
  expect(report.verdict).toBe('passed');
  const ids = (verdict: string) =>
    report.checks.filter((check) => check.verdict === verdict).map(({ id }) => id);
  expect(ids('passed')).toEqual(expect.arrayContaining(['model', 'operators', 'external-data', 'load']));
  expect(ids('skipped')).toEqual(
    expect.arrayContaining(['signature', 'run', 'golden-tensors', 'golden-raw', 'latency']),
  );
  expect(renderReport(report)).toContain(
    `PASSED: ${ids('passed').length} of ${CHECKS.length} checks; NOT CHECKED: ${ids('skipped').join(', ')}`,
  );
});

test('a bare file is held to a signature and golden samples that are given with it', async () => {
  const golden = temporaryDirectory();
  writeGolden(golden, [{ x: [1, 2], y: [1, 2] }]);
  const report = await verifyArtifact(modelFile('identity'), { golden, signature: PAIR_SIGNATURE });
  expect(report.checks.filter(({ verdict }) => verdict !== 'passed').map(({ id }) => id)).toEqual([
    'golden-raw',
  ]);
});

test('external data is part of what the report is bound to', async () => {
  const directory = temporaryDirectory();
  copyFileSync(modelFile('external'), join(directory, 'model.onnx'));
  writeFileSync(join(directory, 'weights.bin'), Buffer.from(Float32Array.of(1, 2).buffer));
  const { verdict, model } = await verifyArtifact(directory);
  expect(verdict).toBe('passed');
  expect(model.externalData).toEqual([
    { file: 'weights.bin', sha256: sha256File(join(directory, 'weights.bin')), bytes: 8 },
  ]);
});

test('findings are said with what to do', async () => {
  const directory = packageOf('identity', { signature: PAIR_SIGNATURE, samples: [{ x: [1, 2], y: [1, 3] }] });
  const report = await verifyArtifact(directory);
  expect(report.verdict).toBe('failed');
  const text = renderReport(report);
  expect(text).toContain(
    [
      '  FAIL  golden-tensors  answers differ from the recorded ones',
      '          sample "sample-0": output "y" is 2 at index 1, wanted 3; 1 of 1 samples differ by more than 0.0001 + 0 × |wanted|; an absolute tolerance of 1 would pass',
      '          fix: export the model again, or accept the difference as tolerance if it does no harm',
      '  SKIP  golden-raw      there is no preprocessing beside the model: clients send tensors',
    ].join('\n'),
  );
  expect(text).toContain('FAILED: golden-tensors; NOT CHECKED: golden-raw\n');
});

test('a target that does not exist is an error, not a report', async () => {
  await expect(verifyArtifact('/nowhere')).rejects.toThrow('/nowhere: does not exist [file-missing]');
  const empty = temporaryDirectory();
  await expect(verifyArtifact(empty)).rejects.toThrow(`${empty}/model.onnx: does not exist [file-missing]`);
});

describe('progress', () => {
  test('each check is told as it starts and ends', async () => {
    const events: VerifyEvent[] = [];
    const report = await verifyArtifact(modelFile('identity'), { onProgress: (event) => events.push(event) });
    const started = events.filter((event) => event.event === 'check-started');
    expect(started.map(({ number, of }) => [number, of])).toEqual(
      report.checks.map((_, index) => [index + 1, report.checks.length]),
    );
    expect(events.filter((event) => event.event === 'check-ended').map(({ result }) => result)).toEqual(
      report.checks,
    );
    expect(started.map(({ id }) => id)).toEqual(report.checks.map(({ id }) => id));
  });
});

describe('abort', () => {
  test('a verification that was aborted before does not start', async () => {
    const signal = AbortSignal.abort(new Error('no time'));
    await expect(verifyArtifact(SPAM_FILTER, { signal })).rejects.toThrow('no time');
  });

  test('the process is killed at once, and nothing stays behind', async () => {
    const directory = packageOf('endless-loop', {
      signature: PAIR_SIGNATURE,
      samples: [{ x: [1, 2], y: [1, 2] }],
    });
    const [abortion, exclude] = [new AbortController(), { resources: 'the loop is what is tested' }];
    let aborted = 0;
    const verification = verifyArtifact(directory, {
      signal: abortion.signal,
      exclude,
      onProgress: (event) => {
        if (event.event !== 'check-started' || event.id !== 'run') return;
        setTimeout(() => {
          aborted = performance.now();
          abortion.abort(new Error('enough'));
        }, 300);
      },
    });
    await expect(verification).rejects.toThrow('enough');
    expect(performance.now() - aborted).toBeLessThan(2000);
    expect(execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)]).toString()).not.toContain(
      join('runtime', 'child'),
    );
  });

  test('between two checks it ends as well', async () => {
    const abortion = new AbortController();
    const verification = verifyArtifact(modelFile('identity'), {
      signal: abortion.signal,
      onProgress: ({ event }) => {
        if (event === 'check-ended') abortion.abort(new Error('enough'));
      },
    });
    await expect(verification).rejects.toThrow('enough');
  });
});

const small: Check = {
  id: 'small',
  title: 'The file is small',
  after: ['model'],
  run: ({ file }) => {
    const { size } = statSync(file);
    const finding = { code: 'too-large', path: file, message: `has ${size} bytes`, fix: 'make it smaller' };
    return judged(size > 50 ? [finding] : [], 'too large', 'small', { bytes: size });
  },
};

describe('own and excluded checks', () => {
  test('a check of the caller is part of the report, with what it measured', async () => {
    const { verdict, checks } = await verifyArtifact(modelFile('identity'), { checks: [small] });
    expect(verdict).toBe('failed');
    expect(checks.at(-1)).toEqual({
      id: 'small',
      title: 'The file is small',
      verdict: 'failed',
      detail: 'too large',
      findings: [
        { code: 'too-large', path: modelFile('identity'), message: 'has 100 bytes', fix: 'make it smaller' },
      ],
      data: { bytes: 100 },
    });
  });

  test('one that blocks execution is run first, and the model is not executed when it fails', async () => {
    const starter: Check = {
      id: 'starter',
      title: 'It starts',
      after: [],
      run: async (subject) => passed(Object.keys((await subject.process()).inputs).join()),
    };
    const checks = [starter, { ...small, blocksExecution: true } as const];
    const report = await verifyArtifact(modelFile('identity'), { checks });
    const ids = report.checks.map(({ id }) => id);
    expect(ids.indexOf('small')).toBeLessThan(ids.indexOf('load'));
    const of = (id: string) => report.checks.find((check) => check.id === id);
    expect(of('load')).toMatchObject({ verdict: 'skipped', detail: 'not run, because "small" failed' });
    expect(of('starter')).toMatchObject({ verdict: 'skipped', detail: 'not run, because "small" failed' });
    expect(report.latency).toBeUndefined();
  });

  test('an excluded check is listed with the reason and holds up no other', async () => {
    const exclude = { signature: 'checked elsewhere', model: 'an experiment' };
    const { verdict, checks } = await verifyArtifact(modelFile('identity'), { exclude });
    const of = (id: string) => checks.find((check) => check.id === id);
    expect(verdict).toBe('passed');
    expect(of('signature')).toMatchObject({
      verdict: 'skipped',
      detail: 'not run, as asked: checked elsewhere',
    });
    expect(of('load')).toMatchObject({ verdict: 'passed' });
  });

  test.each<[options: VerifyOptions, message: string]>([
    [{ exclude: { wat: 'why not' } }, 'exclude: wat: is the id of no check [check-unknown]'],
    [{ exclude: { load: ' ' } }, 'exclude: load: has no reason [exclude-reason]'],
    [{ checks: [{ ...small, id: 'load' }] }, 'checks: load: is the id of two checks [check-id]'],
    [
      { checks: [{ ...small, after: ['later'] }] },
      'checks: small: after: "later" is the id of no check before it [check-unknown]',
    ],
  ])('%j is refused', async (options, message) => {
    await expect(verifyArtifact(modelFile('identity'), options)).rejects.toThrow(message);
  });

  test('an error that is no finding is an error', async () => {
    const broken: Check = {
      ...small,
      run: () => {
        throw new TypeError('a bug');
      },
    };
    await expect(verifyArtifact(modelFile('identity'), { checks: [broken] })).rejects.toThrow('a bug');
  });
});

test('a model that is changed while it is verified gets no report', async () => {
  const directory = packageOf('identity');
  const file = join(directory, 'model.onnx');
  const meddler: Check = {
    ...small,
    run: () => {
      writeFileSync(file, readFileSync(modelFile('nan')));
      return passed('');
    },
  };
  await expect(verifyArtifact(directory, { checks: [meddler] })).rejects.toThrow(
    `${file}: was changed while it was verified [file-changed]`,
  );
});

test('many models share the processes of a pool', async () => {
  const pool = new RuntimePool({ size: 1 });
  try {
    for (const name of ['identity', 'fixed-batch', 'identity']) {
      expect((await verifyArtifact(modelFile(name), { pool })).verdict).toBe('passed');
    }
  } finally {
    await pool.close();
  }
});

describe('cache', () => {
  const events: string[] = [];
  const onProgress = ({ event }: VerifyEvent) => events.push(event);
  const isCached = () => {
    const cached = events.includes('cached');
    events.length = 0;
    return cached;
  };
  /** A copy that was written long enough ago for its times to tell it from a later one. */
  async function settled(): Promise<string> {
    const directory = copyOfSpamFilter();
    utimesSync(join(directory, 'model.onnx'), 1e9, 1e9);
    await sleep(2100);
    return directory;
  }

  test('an unchanged model is answered at once, by the report it had', async () => {
    const [directory, cache] = [await settled(), join(temporaryDirectory(), 'cache')];
    const first = await verifyArtifact(directory, { cache, onProgress });
    expect(isCached()).toBe(false);
    expect(await verifyArtifact(directory, { cache, onProgress })).toEqual(first);
    expect(isCached()).toBe(true);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test('a file that was swapped is noticed, though it has the size and time of the other', async () => {
    const [directory, cache] = [await settled(), temporaryDirectory()];
    const file = join(directory, 'model.onnx');
    await verifyArtifact(directory, { cache });
    const { size } = statSync(file);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    utimesSync(file, 1e9, 1e9);
    expect(statSync(file)).toMatchObject({ size, mtimeMs: 1e12 });
    const report = await verifyArtifact(directory, { cache, onProgress });
    expect([isCached(), report.model.sha256]).toEqual([false, sha256File(file)]);
  });

  test('the digest of a file that was written a moment ago is not remembered', async () => {
    const cache = temporaryDirectory();
    const directory = copyOfSpamFilter();
    await verifyArtifact(directory, { cache });
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
    await verifyArtifact(directory, { cache, onProgress });
    expect(isCached()).toBe(true);
  });

  test('other options, golden samples or external data are another question', async () => {
    const [directory, cache] = [temporaryDirectory(), temporaryDirectory()];
    const weights = join(directory, 'weights.bin');
    copyFileSync(modelFile('external'), join(directory, 'some.onnx'));
    writeFileSync(weights, Buffer.from(Float32Array.of(1, 2).buffer));
    const verify = (options: VerifyOptions = {}) =>
      verifyArtifact(join(directory, 'some.onnx'), { cache, onProgress, ...options });
    await verify();
    expect(isCached()).toBe(false);
    await verify();
    expect(isCached()).toBe(true);
    await verify({ tolerance: { absolute: 1 } });
    expect(isCached()).toBe(false);
    writeFileSync(weights, Buffer.from(Float32Array.of(1, 3).buffer));
    await verify();
    expect(isCached()).toBe(false);
    rmSync(weights);
    expect((await verify()).verdict).toBe('failed');
    expect(isCached()).toBe(false);
  });

  test('neither failures nor reports of own checks are remembered, and a broken cache is none', async () => {
    const cache = temporaryDirectory();
    const verify = (name: string, options: VerifyOptions = {}) =>
      verifyArtifact(modelFile(name), { cache, onProgress, ...options });
    for (let round = 0; round < 2; round++) {
      await verify('ir-14');
      await verify('identity', { checks: [{ ...small, run: () => passed('') }] });
      expect(isCached()).toBe(false);
    }
    await verify('identity');
    for (const name of readdirSync(cache)) writeFileSync(join(cache, name), '{');
    isCached();
    await verify('identity');
    expect(isCached()).toBe(false);
  });

  test('a link in a directory is no reason to trust the cache', async () => {
    const [directory, cache] = [packageOf('identity'), temporaryDirectory()];
    symlinkSync('/etc/hostname', join(directory, 'link'));
    for (let round = 0; round < 2; round++) {
      await verifyArtifact(directory, { cache, onProgress });
      expect(isCached()).toBe(false);
    }
  });

  test('a directory that others may write to is refused', async () => {
    const cache = temporaryDirectory();
    chmodSync(cache, 0o777);
    await expect(verifyArtifact(modelFile('identity'), { cache })).rejects.toThrow(
      `${cache}: is a directory that others may write to [cache-unsafe]`,
    );
  });
});

describe('provenance', () => {
  const { privatePem, publicPem: publicKey } = keyPair();

  test('a package that the holder of the key signed passes', async () => {
    const directory = packageOf('identity');
    await signDirectory(directory, keySigner(privatePem));
    const { verdict, checks } = await verifyArtifact(directory, { publicKey });
    expect(verdict).toBe('passed');
    expect(checks[0]).toMatchObject({ id: 'provenance', verdict: 'passed', detail: '1 file signed' });
  });

  test('one that was not is never executed', async () => {
    const { verdict, checks } = await verifyArtifact(packageOf('identity'), { publicKey });
    expect(verdict).toBe('failed');
    expect(checks[0]?.findings[0]?.code).toBe('provenance-missing');
    expect(checks.find(({ id }) => id === 'load')?.detail).toBe('not run, because "provenance" failed');
  });

  test('a bare file cannot be signed', async () => {
    const { checks } = await verifyArtifact(modelFile('identity'), { publicKey });
    expect(checks[0]?.findings[0]?.message).toBe('is a bare file; a signature is over a directory');
  });
});
