import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Parity } from '../../lib/artifact';
import { bytesOf, model, node } from '../artifact/onnx-builder';
import { FIXTURES, modelFile, SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

function doubling(): string {
  const file = join(temporaryDirectory(), 'double.onnx');
  writeFileSync(file, bytesOf(model({ nodes: [node('Add', ['x', 'x'], ['y'], {}, { name: 'sum' })] })));
  return file;
}

describe('compare', () => {
  test('exits 0 where two formats agree, and prints how far they are apart', async () => {
    const [onnx, tflite] = [doubling(), join(FIXTURES, 'models', 'add-float32.tflite')];
    const { code, stdout } = await modelPipeline(['compare', onnx, tflite, '--samples', '3']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        tflite,
        `compared with ${onnx}`,
        '',
        '  output "y": float32 against float32, 6 elements, 3 samples',
        '    largest difference    0',
        '    would pass            absolute 0, or alone relative 0, norm 0',
        '    signal to noise       no noise',
        '    cosine similarity     1',
        '    same 1 largest        100 % of rows',
        `    equal                 ${'▇'.repeat(30)} 6`,
        '',
        '✓ they agree',
        '',
      ].join('\n'),
    );
  });

  test('exits 1 where they do not, with the finding and the first node that differs', async () => {
    const parameters = ['compare', modelFile('identity'), doubling(), '--shape', 'x=4,2', '--divergence'];
    const { code, stdout } = await modelPipeline(parameters);
    expect(code).toBe(1);
    expect(stdout).toContain('float32 against float32, 64 elements, 8 samples');
    expect(stdout).toMatch(
      /✗ output "y" is .* would pass: absolute .* \[parity\]\n {2}fix: convert the model again/,
    );
    expect(stdout).toMatch(/✗ they do not agree\n\nfirst difference: Identity, output "y"\n/);
  });

  test('takes tolerances, recorded answers, a seed, a state, and prints JSON', async () => {
    const recorded = await modelPipeline([
      ...['compare', 'recorded', join(SPAM_FILTER, 'model.onnx'), '--golden', join(SPAM_FILTER, 'golden')],
      ...['--absolute', '1e-6', '--json'],
    ]);
    expect(recorded.code).toBe(0);
    expect((JSON.parse(recorded.stdout) as Parity).outputs[0]).toMatchObject({
      name: 'probability',
      samples: 8,
    });
    const loose = ['--norm', '1.01', '--relative', '0', '--seed', '7', '--state', 'y=x'];
    const two = await modelPipeline([
      'compare',
      modelFile('identity'),
      doubling(),
      '--samples',
      '1',
      ...loose,
    ]);
    expect(two.code).toBe(0);
    const strict = ['--min-snr', '30', '--min-cosine', '0.9'];
    const three = await modelPipeline(['compare', modelFile('identity'), doubling(), ...strict]);
    expect(three.stdout).toContain('has a signal-to-noise ratio of 0 dB, wanted at least 30 [parity-snr]');
    expect(three.stdout).not.toContain('parity-cosine');
  });

  test.each([
    [['a.onnx'], "error: missing required argument 'candidate'"],
    [['/nowhere.onnx', modelFile('identity')], '[model-load]'],
    [['a.onnx', 'b.onnx', '--samples', 'many'], "argument 'many' is invalid. It is a number."],
    [['a.onnx', 'b.onnx', '--shape', 'x'], 'It is the name of an input, "=", and its sizes'],
    [['a.onnx', 'b.onnx', '--state', 'y'], 'It is the name of an output, "=", and that of an input.'],
  ])('exits 2 for %j', async (parameters, message) => {
    const { code, stderr } = await modelPipeline(['compare', ...parameters]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain('    at ');
  });
});
