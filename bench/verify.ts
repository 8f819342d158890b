/**
 * What verification costs beside the least anybody has to do: a model of 470 MB, verified from end to
 * end, against plain onnxruntime that loads it, runs it once, and a SHA-256 of its bytes; the same
 * model again, unchanged; and 100 small models with a pool of processes against a process each.
 *
 *     npx tsx bench/verify.ts
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { tensorToJson, verifyArtifact, type VerificationReport, type VerifyEvent } from '../lib/artifact';
import { ModelProcess } from '../lib/artifact/runtime/model-process';
import { RuntimePool } from '../lib/artifact/runtime/runtime-pool';
import { bytesOf, model, node, tensor, value } from '../test/artifact/onnx-builder';

/** 28 layers of 2048 × 2048 float32: 470 MB. */
const LAYERS = 28;
const WIDTH = 2048;
const SMALL_MODELS = 100;
const SMALL_MODEL = join(__dirname, '..', 'test', 'fixtures', 'models', 'identity.onnx');
const ROUNDS = 3;

/** A file system's times must tell a file from one written later: see the reference of verification. */
const SETTLE_MS = 2500;

interface Plain {
  readonly loadMs: number;
  readonly runMs: number;
  readonly hashMs: number;
  readonly output: number[];
}

/** In a process of its own: the least that has to be done to load a model, run it, and know its digest. */
async function plain(file: string): Promise<Plain> {
  const start = performance.now();
  const session = await InferenceSession.create(file, { executionProviders: ['cpu'] });
  const loaded = performance.now();
  const x = new RuntimeTensor('float32', input(), [1, WIDTH]);
  const { y } = await session.run({ x });
  const ran = performance.now();
  createHash('sha256').update(readFileSync(file)).digest('hex');
  const end = performance.now();
  const output = Array.from((y?.data ?? []) as Float32Array);
  return { loadMs: loaded - start, runMs: ran - loaded, hashMs: end - ran, output };
}

async function plainInProcess(file: string): Promise<Plain> {
  const child = fork(__filename, ['plain', file], { execArgv: ['--import', 'tsx'] });
  const [result] = (await once(child, 'message')) as [Plain];
  child.disconnect();
  return result;
}

function input(): Float32Array {
  return Float32Array.from({ length: WIDTH }, (_, index) => Math.sin(index));
}

/** Weights that neither die out nor grow from layer to layer, the same on every machine. */
function weights(layer: number): Uint8Array {
  let state = layer + 1;
  const scale = Math.sqrt(6 / WIDTH);
  const values = Float32Array.from({ length: WIDTH * WIDTH }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
  return new Uint8Array(values.buffer);
}

function writeLargeModel(file: string): void {
  const layers = Array.from({ length: LAYERS }, (_, index) => index);
  const shape = [BigInt(WIDTH), BigInt(WIDTH)];
  const content = model({
    inputs: [value('x', ['batch', WIDTH])],
    outputs: [value('y', ['batch', WIDTH])],
    nodes: layers.flatMap((layer) => [
      node('MatMul', [layer === 0 ? 'x' : `r${layer - 1}`, `w${layer}`], [`m${layer}`]),
      node('Relu', [`m${layer}`], [layer === LAYERS - 1 ? 'y' : `r${layer}`]),
    ]),
    initializers: layers.map((layer) => tensor(`w${layer}`, { dims: shape, rawData: weights(layer) })),
    opsetImport: [{ version: 18n }],
  });
  writeFileSync(file, bytesOf(content));
}

function writePackage(directory: string, output: readonly number[]): void {
  const spec = { dtype: 'float32', shape: ['batch', WIDTH] };
  writeFileSync(
    join(directory, 'signature.json'),
    JSON.stringify({ inputs: { x: spec }, outputs: { y: spec } }),
  );
  const tensors = { x: tensorToJson({ dtype: 'float32', shape: [1, WIDTH], data: input() }) };
  const outputs = {
    y: tensorToJson({ dtype: 'float32', shape: [1, WIDTH], data: Float32Array.from(output) }),
  };
  mkdirSync(join(directory, 'golden'));
  const golden = { schemaVersion: 1, producer: 'plain', samples: [{ id: 'sample', tensors, outputs }] };
  writeFileSync(join(directory, 'golden', 'samples.json'), JSON.stringify(golden));
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
}

/** The time of each check, to see what a verification is made of. */
function stopwatch(): { readonly onProgress: (event: VerifyEvent) => void; readonly slowest: () => string } {
  const times: (readonly [id: string, ms: number])[] = [];
  let start = 0;
  return {
    onProgress: (event) => {
      if (event.event === 'check-started') start = performance.now();
      if (event.event === 'check-ended') times.push([event.result.id, performance.now() - start]);
    },
    slowest: () =>
      times
        .sort(([, a], [, b]) => b - a)
        .slice(0, 6)
        .map(([id, ms]) => `${id} ${ms.toFixed(0)} ms`)
        .join(', '),
  };
}

async function large(directory: string): Promise<void> {
  const file = join(directory, 'model.onnx');
  writeLargeModel(file);
  const { output } = await plainInProcess(file);
  writePackage(directory, output);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

  const [plains, verifications]: [number[], number[]] = [[], []];
  let slowest = '';
  for (let round = 0; round < ROUNDS; round++) {
    const { loadMs, runMs, hashMs } = await plainInProcess(file);
    print(
      `plain onnxruntime: load ${loadMs.toFixed(0)}, run ${runMs.toFixed(0)}, SHA-256 ${hashMs.toFixed(0)} ms`,
    );
    plains.push(loadMs + runMs + hashMs);
    const watch = stopwatch();
    const { ms, result } = await timed(() => verifyArtifact(directory, { onProgress: watch.onProgress }));
    demandPassed(result);
    verifications.push(ms);
    slowest = watch.slowest();
  }
  print(`slowest checks: ${slowest}`);
  compare('470 MB verified from end to end', median(verifications), 'plain onnxruntime', median(plains), 2);

  const cache = `${directory}-cache`;
  await verifyArtifact(directory, { cache });
  const { ms, result } = await timed(() => verifyArtifact(directory, { cache }));
  demandPassed(result);
  print(`470 MB unchanged: ${ms.toFixed(1)} ms (at most 50)`);
  rmSync(cache, { recursive: true });
}

async function small(): Promise<void> {
  const feeds = { x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } } as const;
  const runAll = async (start: () => Promise<ModelProcess>) => {
    for (let index = 0; index < SMALL_MODELS; index++) {
      const process = await start();
      await process.run(feeds);
      await process.stop();
    }
  };
  const pool = new RuntimePool();
  const pooled = await timed(() => runAll(() => pool.start(SMALL_MODEL)));
  await pool.close();
  const alone = await timed(() => runAll(() => ModelProcess.start(SMALL_MODEL)));
  compare(`${SMALL_MODELS} small models in a pool`, pooled.ms, 'a process each', alone.ms, 1);
}

function demandPassed({ verdict, checks }: VerificationReport): void {
  if (verdict === 'passed') return;
  throw new Error(JSON.stringify(checks.filter((check) => check.verdict === 'failed')));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function compare(what: string, ms: number, base: string, baseMs: number, atMost: number): void {
  const ratio = (ms / baseMs).toFixed(2);
  print(`${what}: ${ms.toFixed(0)} ms; ${base}: ${baseMs.toFixed(0)} ms; ratio ${ratio} (at most ${atMost})`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const [kind, file] = process.argv.slice(2);
  if (kind === 'plain' && file !== undefined) {
    process.send?.(await plain(file));
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'bench-verify-'));
  try {
    await large(directory);
    await small();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

void main();
