import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  finiteExtremes,
  requestSize,
  verifyArtifact,
  type CheckResult,
  type VerifyOptions,
} from '../../lib/artifact';
import type { ModelSignature } from '../../lib/pipeline/definition';
import { bytesOf, int64s, model, node, value, type ModelParts } from './onnx-builder';
import { packageOf, PAIR_SIGNATURE, SPAM_FILTER, temporaryDirectory, writeGolden } from './support';

jest.setTimeout(60_000);

const samples = [{ x: [1, 2], y: [1, 2] }] as const;

async function check(id: string, directory: string, options?: VerifyOptions): Promise<CheckResult> {
  const { checks } = await verifyArtifact(directory, options);
  const result = checks.find((candidate) => candidate.id === id);
  if (!result) throw new Error(`there is no check "${id}"`);
  return result;
}

function built(parts: ModelParts, signature: ModelSignature): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'model.onnx'), bytesOf(model(parts)));
  writeFileSync(join(directory, 'signature.json'), JSON.stringify(signature));
  writeGolden(join(directory, 'golden'), samples);
  return directory;
}

describe('shapes', () => {
  test('passes a model whose outputs grow as declared', async () => {
    expect(await check('shapes', SPAM_FILTER)).toMatchObject({
      verdict: 'passed',
      detail: 'batch: 1, 2, 3, 7',
    });
  });

  test('is skipped where no size varies', async () => {
    expect(await check('shapes', packageOf('fixed-batch', { samples }))).toMatchObject({
      verdict: 'skipped',
      detail: 'no size of an input varies',
    });
  });

  test('tells sizes that the model refuses, and judges them not', async () => {
    const even = {
      inputs: [value('x', ['batch', 'length'])],
      outputs: [value('y', ['batch', 'length'])],
      nodes: [
        node('Reshape', ['x', 'pairs'], ['a']),
        node('Shape', ['x'], ['shape']),
        node('Reshape', ['a', 'shape'], ['y']),
      ],
      initializers: [int64s('pairs', [-1, 2])],
    };
    const shape = ['batch', 'length'];
    const spec = { dtype: 'float32', shape } as const;
    const result = await check('shapes', built(even, { inputs: { x: spec }, outputs: { y: spec } }));
    expect(result).toMatchObject({
      verdict: 'passed',
      detail: 'batch: 1, 2, 3, 7; length: 2 (refused: 1, 3, 7)',
    });
    expect(result.data).toMatchObject({
      length: { taken: [2], refused: { 3: expect.any(String) as string } },
    });
  });

  test('fails outputs that do not grow with the inputs they are declared to grow with', async () => {
    const first = {
      nodes: [node('Gather', ['x', 'zero'], ['y'])],
      initializers: [int64s('zero', [0])],
      outputs: [value('y', ['rows', 2])],
    };
    const result = await check('shapes', built(first, PAIR_SIGNATURE));
    expect(result.verdict).toBe('failed');
    expect(result.findings.map(({ path, message }) => `${path}: ${message}`)).toEqual(
      [2, 3, 7].map(
        (size) =>
          `batch = ${size}: output "y" is [1, 2], with these inputs it is declared to be [${size}, 2]`,
      ),
    );
  });
});

describe('extremes', () => {
  test('are measured: which inputs make answers that are no numbers', async () => {
    const result = await check('extremes', packageOf('identity', { signature: PAIR_SIGNATURE, samples }));
    expect(result).toMatchObject({
      verdict: 'passed',
      detail: 'NaN or infinity for inputs of NaN, Infinity',
    });
    expect(result.data).toMatchObject({ largest: [], NaN: ['y'] });
  });

  test('are skipped where inputs are whole numbers', async () => {
    expect(await check('extremes', SPAM_FILTER)).toMatchObject({
      verdict: 'skipped',
      detail: 'no input is of floating-point numbers',
    });
  });

  test('tell a model that hides what is no number', async () => {
    const hiding = {
      nodes: [
        node('Sub', ['x', 'x'], ['a']),
        node('IsNaN', ['a'], ['b']),
        node('Cast', ['b'], ['y'], { to: 1 }),
      ],
    };
    const result = await check('extremes', built(hiding, PAIR_SIGNATURE));
    expect(result.detail).toBe('finite for all of them, NaN and infinity as inputs included');
  });

  test('are judged where asked, finite ones only', async () => {
    const overflowing = built({ nodes: [node('Mul', ['x', 'x'], ['y'])] }, PAIR_SIGNATURE);
    const judged = await check('finite-extremes', overflowing, { checks: [finiteExtremes] });
    expect(judged.findings.map(({ message }) => message)).toEqual([
      'output "y" holds NaN or infinity where all inputs are the largest number of their type',
      'output "y" holds NaN or infinity where all inputs are the smallest number of their type',
    ]);
    expect(await check('finite-extremes', SPAM_FILTER, { checks: [finiteExtremes] })).toMatchObject({
      verdict: 'skipped',
    });
    const sound = packageOf('identity', { signature: PAIR_SIGNATURE, samples });
    expect(await check('finite-extremes', sound, { checks: [finiteExtremes] })).toMatchObject({
      verdict: 'passed',
    });
  });
});

describe('request-size', () => {
  const image: ModelSignature = {
    inputs: { image: { dtype: 'float32', shape: ['batch', 3, 1024, 1024] } },
    outputs: { y: { dtype: 'float32', shape: ['batch', 2] } },
  };
  const parts = {
    inputs: [value('image', ['batch', 3, 1024, 1024])],
    nodes: [node('Identity', ['image'], ['y'])],
  };

  test('fails a signature whose smallest request is more than the service takes', async () => {
    const options = {
      checks: [requestSize('vertex-dedicated')],
      exclude: { signature: 'of no concern here' },
    };
    const result = await check('request-size', built(parts, image), options);
    expect(result.findings.map(({ message }) => message)).toEqual([
      'one request has at least 12582912 bytes; vertex-dedicated takes 10000000',
    ]);
  });

  test('passes one that fits, and is skipped without a signature', async () => {
    const options = { checks: [requestSize('sagemaker-real-time')] };
    expect(await check('request-size', SPAM_FILTER, options)).toMatchObject({ verdict: 'passed' });
    expect(await check('request-size', packageOf('identity'), options)).toMatchObject({ verdict: 'skipped' });
  });
});
