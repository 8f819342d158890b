import { copyFileSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyArtifact, type CheckResult, type VerifyOptions } from '../../lib/artifact';
import { CHECKS } from '../../lib/artifact/checks';
import type { Outcome } from '../../lib/artifact/checks/check';
import { Subject, type SubjectOptions } from '../../lib/artifact/subject';
import {
  copyOfSpamFilter,
  modelFile,
  packageOf,
  PAIR_SIGNATURE,
  SPAM_FILTER,
  temporaryDirectory,
  type PackageOptions,
} from './support';

jest.setTimeout(30_000);

async function check(id: string, target: string, options?: VerifyOptions): Promise<CheckResult> {
  const { checks } = await verifyArtifact(target, options);
  const result = checks.find((candidate) => candidate.id === id);
  if (!result) throw new Error(`there is no check "${id}"`);
  return result;
}

/** One check by itself, for those that read the model but do not run it. */
async function checkFile(
  id: string,
  target: string,
  options: Partial<SubjectOptions> = {},
): Promise<Outcome> {
  const check = CHECKS.find((candidate) => candidate.id === id);
  if (!check) throw new Error(`there is no check "${id}"`);
  const place = target.endsWith('.onnx')
    ? { file: target }
    : { file: join(target, 'model.onnx'), directory: target };
  return check.run(new Subject({ ...place, tolerance: { absolute: 1e-4, relative: 0 }, ...options }));
}

function messages({ findings }: Outcome): string[] {
  return findings.map(({ path, message }) => `${path}: ${message}`);
}

describe('model', () => {
  test('passes a model of known versions', async () => {
    const result = await checkFile('model', SPAM_FILTER);
    expect(result).toMatchObject({
      verdict: 'passed',
      detail: 'IR 9, ai.onnx 18, 7 initialisers, 149 parameters',
    });
  });

  test.each([
    ['ir-14', 'has IR version 14; the runtime takes 3 to 13'],
    ['opset-6', 'has opset 6; the runtime takes 7 to 26'],
    ['opset-27', 'has opset 27; the runtime takes 7 to 26'],
    [
      'int4-output',
      'output "y" is of type int4, which the runtime cannot exchange; allowed: float16, float32, float64, int8, int16, int32, int64, uint8, bool, string',
    ],
  ])('fails %s', async (name, message) => {
    const result = await checkFile('model', modelFile(name));
    expect(result.verdict).toBe('failed');
    expect(messages(result)).toEqual([`${modelFile(name)}: ${message}`]);
  });

  test('fails a file that is no model', async () => {
    const file = join(temporaryDirectory(), 'model.onnx');
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\n');
    const result = await check('model', file);
    expect(result.verdict).toBe('failed');
    expect(result.findings[0]?.fix).toBe('fetch the file with `git lfs pull`');
  });
});

describe('operators', () => {
  test("passes standard operators and the model's own functions", async () => {
    expect(await checkFile('operators', modelFile('nested'))).toMatchObject({
      verdict: 'passed',
      detail: '6 nodes of 4 kinds',
    });
  });

  test('fails an operator of a foreign domain', async () => {
    const result = await checkFile('operators', modelFile('foreign-domain'));
    expect(result.verdict).toBe('failed');
    expect(messages(result)).toEqual([
      `${modelFile('foreign-domain')}: uses Secret of domain "my.company" 1 time; allowed: ai.onnx, ai.onnx.ml, com.microsoft`,
    ]);
  });
});

describe('external-data', () => {
  function folderWith(model: string, bytes = 8): string {
    const directory = join(temporaryDirectory(), 'package');
    mkdirSync(join(directory, 'folder'), { recursive: true });
    copyFileSync(modelFile(model), join(directory, 'model.onnx'));
    for (const place of ['weights.bin', '../weights.bin', 'folder/weights.bin']) {
      writeFileSync(join(directory, place), Buffer.alloc(bytes));
    }
    return directory;
  }

  test('passes weights inside the model', async () => {
    expect(await checkFile('external-data', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: 'all weights are in the file',
    });
  });

  test.each(['external', 'external-folder'])('passes plain files below the model (%s)', async (name) => {
    expect(await checkFile('external-data', folderWith(name))).toMatchObject({
      verdict: 'passed',
      detail: '1 file beside it',
    });
  });

  test.each([
    ['external-parent', 'external data "../weights.bin" leaves the directory of the model'],
    ['external-absolute', 'external data "/etc/hostname" leaves the directory of the model'],
    ['external-nowhere', 'a tensor names no file for its external data'],
  ])('fails %s', async (name, message) => {
    const directory = folderWith(name);
    const result = await checkFile('external-data', directory);
    expect(result.verdict).toBe('failed');
    expect(messages(result)).toEqual([`${join(directory, 'model.onnx')}: ${message}`]);
  });

  test.each([
    ['a missing file', 'does not exist', () => undefined],
    [
      'a symbolic link',
      'is reached through a symbolic link',
      (secret: string, place: string) => {
        symlinkSync(secret, place);
      },
    ],
    [
      'a hard link',
      'has a second name elsewhere (a hard link)',
      (secret: string, place: string) => {
        linkSync(secret, place);
      },
    ],
    [
      'a directory',
      'is not a file',
      (_: string, place: string) => {
        mkdirSync(place);
      },
    ],
    [
      'a short file',
      'has 4 bytes; the model reads up to byte 8',
      (_: string, place: string) => {
        writeFileSync(place, 'abcd');
      },
    ],
  ])('fails %s', async (_, message, prepare) => {
    const directory = join(temporaryDirectory(), 'package');
    mkdirSync(directory);
    copyFileSync(modelFile('external'), join(directory, 'model.onnx'));
    const secret = join(directory, '..', 'secret');
    writeFileSync(secret, 'a secret');
    prepare(secret, join(directory, 'weights.bin'));
    const result = await checkFile('external-data', directory);
    expect(messages(result)).toEqual([
      `${join(directory, 'model.onnx')}: external data "weights.bin" ${message}`,
    ]);
  });

  test('fails a folder that is a symbolic link', async () => {
    const [directory, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    writeFileSync(join(elsewhere, 'weights.bin'), Buffer.alloc(8));
    symlinkSync(elsewhere, join(directory, 'folder'));
    copyFileSync(modelFile('external-folder'), join(directory, 'model.onnx'));
    const result = await checkFile('external-data', directory);
    expect(messages(result)[0]).toContain(
      'external data "folder/weights.bin" is reached through a symbolic link',
    );
  });

  test('a model that fails it is never loaded', async () => {
    const result = await check('load', folderWith('external-absolute'));
    expect(result).toMatchObject({ verdict: 'skipped', detail: 'not run, because "external-data" failed' });
  });
});

describe('signature', () => {
  test('passes the declared inputs and outputs', async () => {
    expect(await checkFile('signature', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: 'tokens int64 [batch, 256] → probability float32 [batch, 1]',
    });
  });

  test('is skipped where none was declared', async () => {
    expect(await checkFile('signature', modelFile('identity'))).toMatchObject({
      verdict: 'skipped',
      detail: 'no signature was declared to hold the model to',
    });
  });

  test('fails other names, types and sizes, each said', async () => {
    const file = modelFile('identity');
    const signature = {
      inputs: { x: { dtype: 'int64', shape: ['batch', 2] }, mask: { dtype: 'bool', shape: ['batch'] } },
      outputs: { z: { dtype: 'float32', shape: ['batch', 2] } },
    } as const;
    expect(messages(await checkFile('signature', file, { signature }))).toEqual([
      `${file}: input "x" is float32 [batch, 2], declared is int64 [batch, 2]`,
      `${file}: has no input "mask", only "x"`,
      `${file}: has no output "z", only "y"`,
      `${file}: has the output "y", which is not declared`,
    ]);
  });

  test.each([
    ['a size that varies in the model only', 'identity', [1, 2]],
    ['a size that varies in the declaration only', 'fixed-batch', ['batch', 2]],
    ['another number', 'identity', ['batch', 3]],
    ['another rank', 'identity', ['batch', 2, 1]],
  ])('fails %s', async (_, model, shape) => {
    const spec = { dtype: 'float32', shape } as const;
    const result = await checkFile('signature', modelFile(model), {
      signature: { inputs: { x: spec }, outputs: { y: spec } },
    });
    expect(result.findings).toHaveLength(2);
  });

  test("holds the model to the package's signature and to the one it is given", async () => {
    const signature = {
      ...PAIR_SIGNATURE,
      outputs: { y: { dtype: 'float64', shape: ['batch', 2] } },
    } as const;
    const result = await checkFile('signature', packageOf('identity', { signature: PAIR_SIGNATURE }), {
      signature,
    });
    expect(result.findings).toHaveLength(1);
  });
});

describe('load', () => {
  test('passes a model the runtime takes', async () => {
    expect(await check('load', modelFile('identity'))).toMatchObject({ verdict: 'passed', detail: 'x → y' });
  });

  test('fails one it does not take', async () => {
    const result = await check('load', modelFile('foreign-domain'), {
      exclude: { operators: 'to see what the runtime says' },
    });
    expect(result.verdict).toBe('failed');
    expect(messages(result)[0]).toContain('Secret');
  });

  test('fails one that takes too long', async () => {
    const result = await check('load', modelFile('identity'), { startTimeoutMs: 1 });
    expect(messages(result)[0]).toContain('did not load within 1 ms');
  });
});

const samples = [
  { x: [1, 2], y: [1, 2] },
  { x: [3, 5], y: [3, 5] },
] as const;
const identityPackage = (options: PackageOptions = {}) =>
  packageOf('identity', { signature: PAIR_SIGNATURE, samples, ...options });

describe('run', () => {
  test('passes answers of the declared shape', async () => {
    expect(await check('run', identityPackage())).toMatchObject({ verdict: 'passed', detail: '2 samples' });
  });

  test('is skipped without golden samples', async () => {
    expect(await check('run', modelFile('identity'))).toMatchObject({
      verdict: 'skipped',
      detail: 'there are no golden samples to run it on',
    });
  });

  test('fails answers of another shape than declared', async () => {
    const directory = packageOf('wrong-shape');
    const golden = {
      schemaVersion: 1,
      producer: 'test',
      samples: [
        {
          id: 'a',
          tensors: {
            x: { dtype: 'float32', shape: [1, 2], data: [1, 2] },
            shape: { dtype: 'int64', shape: [2], data: [1, 2] },
          },
          outputs: { y: { dtype: 'float32', shape: [1, 2], data: [1, 2] } },
        },
      ],
    };
    mkdirSync(join(directory, 'golden'));
    writeFileSync(join(directory, 'golden', 'samples.json'), JSON.stringify(golden));
    const signature = {
      inputs: { x: { dtype: 'float32', shape: ['batch', 2] }, shape: { dtype: 'int64', shape: [2] } },
      outputs: { y: { dtype: 'float32', shape: ['batch', 3] } },
    } as const;
    expect(messages(await check('run', directory, { signature }))).toEqual([
      'sample "a": output "y" is float32 [1, 2], declared is float32 [batch, 3]',
    ]);
  });

  test('fails a model that does not end, and skips what would run it again', async () => {
    const directory = packageOf('endless-loop', { samples });
    const { checks, verdict } = await verifyArtifact(directory, {
      runTimeoutMs: 300,
      exclude: { resources: 'to see it hang' },
    });
    const results = Object.fromEntries(checks.map((result) => [result.id, result]));
    expect(verdict).toBe('failed');
    expect(results.run?.findings[0]).toMatchObject({ code: 'model-timeout' });
    expect(results.latency).toMatchObject({ verdict: 'skipped', detail: 'not run, because "run" failed' });
  });

  test('fails golden samples that are broken', async () => {
    const directory = identityPackage();
    writeFileSync(join(directory, 'golden', 'samples.json'), '{}');
    expect((await check('run', directory)).findings[0]).toMatchObject({ code: 'golden-samples' });
  });
});

describe('golden-tensors', () => {
  test('passes answers within the tolerance', async () => {
    expect(await check('golden-tensors', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: '8 samples of numpy, largest difference 5.96e-8',
    });
  });

  test('fails answers outside of it, with the tolerance that would pass', async () => {
    const wrong = [samples[0], { x: [3, 5], y: [3, 5.5] }] as const;
    const directory = identityPackage({ samples: wrong });
    expect(messages(await check('golden-tensors', directory))).toEqual([
      'sample "sample-1": output "y" is 5 at index 1, wanted 5.5; 1 of 2 samples differ by more than 0.0001 + 0 × |wanted|; an absolute tolerance of 0.5 would pass',
    ]);
    expect(await check('golden-tensors', directory, { tolerance: { absolute: 0.5 } })).toMatchObject({
      verdict: 'passed',
    });
  });
});

describe('golden-raw', () => {
  test('passes where raw input leads to the recorded tensors and answers', async () => {
    expect(await check('golden-raw', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: '8 samples, tensors identical',
    });
  });

  test('is skipped where clients send tensors', async () => {
    expect(await check('golden-raw', identityPackage())).toMatchObject({
      verdict: 'skipped',
      detail: 'there is no preprocessing beside the model: clients send tensors',
    });
  });

  test('fails where preprocessing is not that of training', async () => {
    const directory = copyOfSpamFilter();
    const tokens = {
      kind: 'text',
      field: 'text',
      tokenizer: 'tokenizer.json',
      length: 256,
      pad: 'right',
      padId: 0,
      truncate: 'right',
    };
    const file = join(directory, 'preprocessing', 'preprocessing.json');
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, inputs: { tokens } }));
    const result = await check('golden-raw', directory);
    expect(messages(result)[0]).toBe(
      'sample "sample-0": preprocessing gives another tensor "tokens" than recorded: 3 at index 0, recorded 0',
    );
  });

  test('fails where preprocessing takes another field', async () => {
    const directory = copyOfSpamFilter();
    const tokens = {
      kind: 'text',
      field: 'body',
      tokenizer: 'tokenizer.json',
      length: 256,
      pad: 'left',
      padId: 0,
      truncate: 'right',
    };
    const file = join(directory, 'preprocessing', 'preprocessing.json');
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, inputs: { tokens } }));
    const result = await check('golden-raw', directory);
    expect(messages(result)[0]).toBe('sample "sample-0": instances[0].body: got nothing, wanted a string');
  });
});

describe('batch', () => {
  test('passes a model that keeps its samples apart', async () => {
    expect(await check('batch', identityPackage())).toMatchObject({
      verdict: 'passed',
      detail: '2 samples, largest difference 0.00',
    });
  });

  test('fails a model that mixes them', async () => {
    const alone = samples.map(({ x }) => ({ x, y: [0, 0] as const }));
    const result = await check('batch', packageOf('batch-mean', { samples: alone }));
    expect(result).toMatchObject({ verdict: 'failed', detail: 'answers depend on the rest of the batch' });
    expect(messages(result)[0]).toContain(
      'sample "sample-0": output "y" is -1.5 at index 1, wanted 0; 2 of 2 samples differ',
    );
  });

  test('is skipped, with what it measured, for dynamic quantisation', async () => {
    const result = await check('batch', packageOf('dynamic-quantized', { samples }));
    expect(result.verdict).toBe('skipped');
    expect(result.detail).toMatch(
      /^measured, not judged: DynamicQuantizeLinear takes its scale from the whole batch, so answers depend on their neighbours; largest difference 0\.00\d+\. /,
    );
  });

  test('is skipped where the batch size does not vary', async () => {
    expect(await check('batch', packageOf('fixed-batch', { samples }))).toMatchObject({
      verdict: 'skipped',
      detail: 'the first size of input "x" does not vary: there are no batches',
    });
  });
});

describe('determinism', () => {
  test('passes a model that answers alike', async () => {
    expect(await check('determinism', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: '8 samples run twice',
    });
  });

  test('fails a model that draws random numbers', async () => {
    expect(messages(await check('determinism', packageOf('random', { samples })))).toEqual([
      'sample "sample-0": a second run gave another answer; so did 2 of 2 samples',
    ]);
  });
});

describe('finite-outputs', () => {
  test('passes finite answers', async () => {
    expect(await check('finite-outputs', SPAM_FILTER)).toMatchObject({ verdict: 'passed' });
  });

  test('fails NaN and infinity', async () => {
    const directory = packageOf('nan', {
      samples: [
        { x: [-1, 1], y: [NaN, 0] },
        { x: [1, 0], y: [0, -Infinity] },
      ],
    });
    expect(messages(await check('finite-outputs', directory))).toEqual([
      'sample "sample-0": output "y" is NaN at index 0',
      'sample "sample-1": output "y" is -Infinity at index 1',
    ]);
  });
});

test('latency is measured', async () => {
  const { checks, latency } = await verifyArtifact(identityPackage());
  expect(latency?.runs).toBe(200);
  expect(latency?.p50Ms).toBeGreaterThan(0);
  expect(latency?.p99Ms).toBeGreaterThanOrEqual(latency?.p50Ms ?? Infinity);
  expect(checks.find(({ id }) => id === 'latency')).toMatchObject({
    verdict: 'passed',
    data: { milliseconds: { upTo: expect.any(Array) as number[], counts: expect.any(Array) as number[] } },
  });
});
