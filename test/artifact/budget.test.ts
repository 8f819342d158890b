import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  budgets,
  ONNXRUNTIME,
  providers,
  providerShare,
  readModel,
  target,
  targetIssues,
  TRITON,
  verifyArtifact,
  type Check,
  type CheckResult,
  type VerificationReport,
} from '../../lib/artifact';
import { judgeBudgets } from '../../lib/artifact/budget/judge-budgets';
import { openSession } from '../../lib/artifact/parity/session/open-session';
import { bytesOf, model, node, TYPES, value } from './onnx-builder';
import { float32, modelFile, packageOf, PAIR_SIGNATURE, temporaryDirectory } from './support';

jest.setTimeout(60_000);

const samples = [{ x: [1, 2], y: [1, 2] }] as const;
const identity = () => packageOf('identity', { signature: PAIR_SIGNATURE, samples });

async function checked(check: Check, directory = identity()): Promise<CheckResult> {
  const { checks } = await verifyArtifact(directory, { checks: [check] });
  const result = checks.find(({ id }) => id === check.id);
  if (!result) throw new Error(`there is no check "${check.id}"`);
  return result;
}

describe('budgets', () => {
  const costs = { bytes: 2000, loadMs: 300, p50Ms: 10, p99Ms: 20, memoryMiB: 120 };

  test('pass what is within them', () => {
    const limits = { maxBytes: 2000, maxLoadMs: 300, maxP50Ms: 10, maxP99Ms: 20, maxMemoryMiB: 120 };
    expect(judgeBudgets('m', costs, limits)).toEqual([]);
    expect(judgeBudgets('m', costs, {})).toEqual([]);
  });

  test('name each cost that exceeds its budget', () => {
    const limits = { maxBytes: 1000, maxLoadMs: 299, maxP50Ms: 9, maxP99Ms: 19.5, maxMemoryMiB: 64 };
    expect(judgeBudgets('m', costs, limits).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'budget: size is 2000 bytes, allowed: 1000',
      'budget: load time is 300 ms, allowed: 299',
      'budget: median latency is 10 ms, allowed: 9',
      'budget: 99th percentile of latency is 20 ms, allowed: 19.5',
      'budget: memory is 120 MiB, allowed: 64',
    ]);
  });

  test('name what has grown over the live version, beyond what measurements vary by', () => {
    const live = { bytes: 1000, loadMs: 250, p50Ms: 5, p99Ms: 19, memoryMiB: 110 };
    expect(judgeBudgets('m', costs, { maxRegressionPercent: 5 }, live)).toEqual([
      {
        code: 'regression',
        path: 'm',
        message: "size is 2000 bytes, 100 % more than the live version's 1000; allowed: 5 %",
        fix: 'make the model smaller (prune, quantise, distil), or raise the budget',
      },
      expect.objectContaining({
        message: "median latency is 10 ms, 100 % more than the live version's 5; allowed: 5 %",
      }),
    ]);
    expect(judgeBudgets('m', costs, {}, live)).toEqual([]);
    expect(judgeBudgets('m', costs, { maxRegressionPercent: 100 }, live)).toEqual([]);
  });

  test('leave out latency where there are no samples', () => {
    const { bytes, loadMs, memoryMiB } = costs;
    expect(judgeBudgets('m', { bytes, loadMs, memoryMiB }, { maxP50Ms: 0 })).toEqual([]);
  });

  test('are measured by verification, and compared with the report of the live version', async () => {
    const generous = await checked(budgets({ maxBytes: 1e6, maxLoadMs: 60_000, maxMemoryMiB: 4096 }));
    expect(generous).toMatchObject({
      verdict: 'passed',
      detail: expect.stringMatching(
        /^\d+ bytes, ready in \d+ ms, p50 [\d.]+ ms, p99 [\d.]+ ms, \d+ MiB of memory$/,
      ) as string,
      data: { p50Ms: expect.any(Number) as number, memoryMiB: expect.any(Number) as number },
    });
    const live = {
      model: { bytes: 10, externalData: [] },
      checks: [{ id: 'budgets', data: { bytes: 10 } }],
    } as unknown as VerificationReport;
    const tight = await checked(budgets({ maxMemoryMiB: 1, maxRegressionPercent: 100 }, live));
    expect(tight.findings.map(({ code }) => code)).toEqual(['regression', 'budget']);
    const older = { ...live, checks: [], latency: { runs: 1, p50Ms: 1e3, p99Ms: 1e3 } } as VerificationReport;
    const regressed = await checked(budgets({ maxRegressionPercent: 100 }, older), modelFile('identity'));
    expect(regressed.findings.map(({ message }) => message)).toEqual([
      expect.stringContaining("more than the live version's 10; allowed: 100 %"),
    ]);
  });
});

describe('target', () => {
  test('every release of Triton has an onnxruntime that is known', () => {
    expect(Object.values(TRITON).filter((version) => !ONNXRUNTIME[version])).toEqual([]);
  });

  test('passes a release that takes the model', async () => {
    expect(await checked(target({ onnxruntime: '1.24.4' }))).toMatchObject({
      verdict: 'passed',
      title: 'onnxruntime 1.24 can run it',
      detail: 'opset up to 25, IR version up to 13',
    });
  });

  test('names versions, operators and element types that the release does not have', () => {
    const file = join(temporaryDirectory(), 'model.onnx');
    const parts = model({
      irVersion: 11n,
      opsetImport: [{ version: 24n }, { domain: 'ai.onnx.ml', version: 6n }, { domain: 'own', version: 1n }],
      inputs: [value('x', [2], 14)],
      outputs: [value('y', [2], TYPES.float32)],
      nodes: [
        node('Secret', ['x'], ['a'], {}, { domain: 'own' }),
        node('Scaler', ['a'], ['y'], {}, { domain: 'ai.onnx.ml' }),
      ],
    });
    writeFileSync(file, bytesOf(parts));
    const release = '(onnxruntime 1.23 in Triton 25.09)';
    expect(targetIssues(readModel(file), { triton: '25.09' })).toEqual(
      [
        `has opset 24, the runtime takes up to 23 ${release}`,
        `has opset of ai.onnx.ml 6, the runtime takes up to 5 ${release}`,
        `uses Secret of domain "own", which it does not have ${release}`,
        `has the input "x" of type complex64, which it cannot exchange ${release}`,
      ].map((message) => ({
        code: 'target',
        path: file,
        message,
        fix: 'export the model with opset 23 or lower, or serve it with a newer release',
      })),
    );
    const older = '(onnxruntime 1.22)';
    expect(targetIssues(readModel(file), { onnxruntime: '1.22' }).map(({ message }) => message)).toEqual([
      `has IR version 11, the runtime takes up to 10 ${older}`,
      `has opset 24, the runtime takes up to 22 ${older}`,
      `has opset of ai.onnx.ml 6, the runtime takes up to 5 ${older}`,
      `uses Secret of domain "own", which it does not have ${older}`,
    ]);
  });

  test.each([
    [{ triton: '19.01' }, 'triton: got "19.01", known are 24.12 to 26.07'],
    [{ onnxruntime: 'latest' }, 'onnxruntime: got "latest", known are 1.15 to 1.30'],
  ])('refuses %j, which is no release it knows', (serving, message) => {
    expect(() => target(serving)).toThrow(message);
  });
});

describe('providers', () => {
  let profile: string;
  beforeAll(async () => {
    const session = await openSession(modelFile('dynamic-quantized'), { profile: true });
    try {
      await session.run({ x: float32([1, 2], [1, 2]) });
      await session.run({ x: float32([1, 2], [3, 4]) });
      profile = await session.profile();
    } finally {
      await session.stop();
    }
  });

  test('finds that everything ran on the CPU where a GPU was wanted', async () => {
    const result = await checked(providers({ provider: 'cuda', profile }));
    expect(result.verdict).toBe('failed');
    expect(result.findings[0]?.message).toMatch(
      /^only 0 % of \d nodes run on "cuda", wanted 100 %; elsewhere: 1 \w+ \(CPUExecutionProvider\)/,
    );
    expect(result.data).toMatchObject({ wanted: 0 });
  });

  test('passes the provider that ran it, recorded here or given', async () => {
    expect(await checked(providers({ provider: 'cpu' }))).toMatchObject({
      verdict: 'passed',
      detail: '100 % of 1 nodes on "cpu"',
    });
    expect(providerShare(profile, 'CPUExecutionProvider').wanted).toBe(1);
  });

  test('a provider that is not there is a finding', async () => {
    const result = await checked(providers({ provider: 'cuda' }));
    expect(result.findings[0]).toMatchObject({ code: 'model-load' });
  });

  test('counts a node once however often it ran, and no copies between devices', () => {
    const event = (name: string, index: number, operator: string, provider: string) => ({
      cat: 'Node',
      name: `${name}_kernel_time`,
      dur: 500,
      args: { op_name: operator, provider: `${provider}ExecutionProvider`, node_index: String(index) },
    });
    const mixed = [
      event('a', 0, 'Conv', 'CUDA'),
      event('a', 0, 'Conv', 'CUDA'),
      event('copy', 1, 'MemcpyToHost', 'CUDA'),
      event('b', 2, 'NonMaxSuppression', 'CPU'),
      event('c', 3, 'Conv', 'CUDA'),
      event('d', 4, 'Conv', 'CUDA'),
      { cat: 'Session', name: 'model_run', dur: 1 },
    ];
    expect(providerShare(JSON.stringify(mixed), 'cuda')).toEqual({
      nodes: { CUDAExecutionProvider: 3, CPUExecutionProvider: 1 },
      milliseconds: { CUDAExecutionProvider: 2, CPUExecutionProvider: 0.5 },
      elsewhere: [{ operator: 'NonMaxSuppression', provider: 'CPUExecutionProvider', nodes: 1 }],
      wanted: 0.75,
    });
  });

  test('a share that is enough is enough', async () => {
    expect(await checked(providers({ provider: 'cuda', profile, minShare: 0 }))).toMatchObject({
      verdict: 'passed',
    });
  });

  test.each([
    ['nonsense', 'profile: is not JSON'],
    ['[]', 'profile: holds no node that ran'],
    [readFileSync(modelFile('identity'), 'latin1'), 'profile: is not JSON'],
  ])('refuses what is no profile', (text, message) => {
    expect(() => providerShare(text, 'cuda')).toThrow(message);
  });
});
