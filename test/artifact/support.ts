import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorToJson, type Tensor } from '../../lib/artifact';
import type { ModelSignature } from '../../lib/pipeline/definition';

export const FIXTURES = join(__dirname, '..', 'fixtures');
export const SPAM_FILTER = join(FIXTURES, 'versions', 'spam-filter');

export function modelFile(name: string): string {
  return join(FIXTURES, 'models', `${name}.onnx`);
}

/** The ONNX backend suite, which the Python package onnx of the set-up brings. */
export function onnxSuite(): string {
  const lib = join(__dirname, '..', '..', '.venv', 'lib');
  const python = readdirSync(lib).find((name) => name.startsWith('python3'));
  if (python === undefined) throw new Error(`${lib} has no Python: npm test sets it up`);
  return join(lib, python, 'site-packages', 'onnx', 'backend', 'test', 'data');
}

const temporary: string[] = [];

afterAll(() => {
  for (const directory of temporary) rmSync(directory, { recursive: true, force: true });
});

/** A new directory, removed after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'artifact-test-'));
  temporary.push(directory);
  return directory;
}

/** A copy of the version that a test may change. */
export function copyOfSpamFilter(): string {
  const directory = join(temporaryDirectory(), 'spam-filter');
  cpSync(SPAM_FILTER, directory, { recursive: true });
  return directory;
}

export function float32(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

/** float32 [batch, 2] in and out: the signature of most models in `fixtures/models`. */
export const PAIR_SIGNATURE: ModelSignature = {
  inputs: { x: { dtype: 'float32', shape: ['batch', 2] } },
  outputs: { y: { dtype: 'float32', shape: ['batch', 2] } },
};

export interface PairSample {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface PackageOptions {
  readonly signature?: ModelSignature;
  readonly samples?: readonly PairSample[];
}

/** A package around one of `fixtures/models`, with golden samples for x and y. */
export function packageOf(model: string, { signature, samples }: PackageOptions = {}): string {
  const directory = temporaryDirectory();
  copyFileSync(modelFile(model), join(directory, 'model.onnx'));
  if (signature) writeFileSync(join(directory, 'signature.json'), JSON.stringify(signature));
  if (samples) writeGolden(join(directory, 'golden'), samples);
  return directory;
}

export function writeGolden(directory: string, samples: readonly PairSample[]): void {
  mkdirSync(directory, { recursive: true });
  const entries = samples.map(({ x, y }, index) => ({
    id: `sample-${index}`,
    tensors: { x: tensorToJson(float32([1, 2], x)) },
    outputs: { y: tensorToJson(float32([1, 2], y)) },
  }));
  const golden = { schemaVersion: 1, producer: 'test', samples: entries };
  writeFileSync(join(directory, 'samples.json'), JSON.stringify(golden));
}
