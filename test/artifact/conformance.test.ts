import { toBinary } from '@bufbuild/protobuf';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { renderConformance, runConformance, type CaseResult } from '../../lib/artifact';
import { TensorProtoSchema, type TensorProto } from '../../lib/artifact/onnx/onnx_pb';
import { bytesOf, floats, model, node, value, type ModelParts } from './onnx-builder';
import { temporaryDirectory } from './support';

jest.setTimeout(60_000);

/** The backend tests that come with the Python package onnx. */
function suite(): string {
  const lib = resolve('.venv', 'lib');
  const [python = ''] = readdirSync(lib);
  return join(lib, python, 'site-packages', 'onnx', 'backend', 'test', 'data');
}

function writeProto(file: string, proto: TensorProto): void {
  writeFileSync(file, toBinary(TensorProtoSchema, proto));
}

/** A case of a model from x [2] to y [2]. */
function writeCase(directory: string, parts: ModelParts, x: readonly number[], y: readonly number[]): void {
  const data = join(directory, 'test_data_set_0');
  mkdirSync(data, { recursive: true });
  const shapes = { inputs: [value('x', [2])], outputs: [value('y', [2])] };
  writeFileSync(join(directory, 'model.onnx'), bytesOf(model({ ...shapes, ...parts })));
  writeProto(join(data, 'input_0.pb'), floats('', x));
  writeProto(join(data, 'output_0.pb'), floats('', y));
}

const verdict = (result: CaseResult) =>
  result.verdict === 'passed' ? 'passed' : `${result.verdict}: ${result.cause}`;

test('cases of the ONNX project pass, or are refused for the cause that is theirs', async () => {
  const expected: Readonly<Record<string, string>> = {
    'node/test_abs': 'passed',
    'node/test_adagrad': 'refused: training-domain',
    'node/test_bernoulli': 'refused: no-kernel',
    'node/test_bitshift_left_uint16': 'refused: no-kernel',
    'node/test_cast_FLOAT_to_FLOAT8E5M2': 'passed',
    'node/test_cast_FLOAT_to_INT4': 'passed',
    'node/test_cast_UINT2_to_FLOAT': 'passed',
    'node/test_causal_conv_with_state_b1_c1_degenerate': 'refused: opset-newer-than-runtime',
    'node/test_convinteger_with_padding': 'refused: option-not-implemented',
    'node/test_dequantizelinear_uint4': 'passed',
    'node/test_dft': 'passed',
    'node/test_equal_string': 'passed',
    'node/test_flexattention': 'refused: operator-unknown',
    'node/test_identity_sequence': 'refused: type-not-carried',
    'node/test_maxunpool_export_with_output_shape': 'failed: difference',
    'node/test_training_dropout_default': 'refused: random',
    'node/test_relu': 'passed',
    'pytorch-converted/test_GLU': 'refused: opset-older-than-runtime',
    'pytorch-operator/test_operator_add_broadcast': 'refused: opset-older-than-runtime',
    'simple/test_single_relu_model': 'passed',
    'simple/test_expand_shape_model1': 'passed',
  };
  const root = temporaryDirectory();
  for (const name of Object.keys(expected))
    cpSync(join(suite(), name), join(root, name), { recursive: true });
  const seen: string[] = [];
  const report = await runConformance(root, {
    size: 2,
    onResult: ({ name }, done, total) => seen.push(`${name} ${done}/${total}`),
  });
  expect(Object.fromEntries(report.cases.map((result) => [result.name, verdict(result)]))).toEqual(expected);
  expect(seen).toHaveLength(Object.keys(expected).length);
  expect(report).toMatchObject({ total: 21, passed: 10, failed: { difference: 1 } });
});

describe('cases of any directory', () => {
  test('are told with totals by cause, and why each failed', async () => {
    const root = temporaryDirectory();
    writeCase(join(root, 'deep', 'good'), {}, [1, 2], [1, 2]);
    writeCase(join(root, 'near'), {}, [1, 2], [1.0009, 2]);
    writeCase(join(root, 'off'), {}, [1, 2], [1, 2.5]);
    writeCase(join(root, 'other-shape'), {}, [1, 2], [1]);
    writeCase(join(root, 'too-many'), {}, [1, 2], [1, 2]);
    cpSync(
      join(root, 'off', 'test_data_set_0', 'output_0.pb'),
      join(root, 'too-many', 'test_data_set_0', 'output_1.pb'),
    );
    writeCase(join(root, 'unknown'), { nodes: [node('Nothing', ['x'], ['y'])] }, [1, 2], [1, 2]);
    writeCase(join(root, 'broken'), {}, [1, 2], [1, 2]);
    writeFileSync(join(root, 'broken', 'model.onnx'), 'not a model');
    const report = await runConformance(root, { size: 1 });
    const runtime = report.runtime;
    expect(renderConformance({ ...report, seconds: 1 }).replaceAll(root, 'ROOT')).toBe(
      [
        `onnxruntime ${runtime}: 7 cases in 1.0 s`,
        '     2  passed',
        '     3  failed, difference',
        '     1  failed, model-load',
        '     1  failed, onnx-broken',
        '28.57 % passed or refused for a cause',
        'failed onnx-broken  broken: is not readable as ONNX: wire type 6 at byte 1',
        'failed difference  off: output "y" is 2 at index 1, wanted 2.5',
        'failed difference  other-shape: output "y" is float32 [2], wanted float32 [1]',
        'failed difference  too-many: output "ROOT/too-many/test_data_set_0/output_1.pb" is missing, wanted float32 [2]',
        'failed model-load  unknown: Load model from ROOT/unknown/model.onnx failed:This is an invalid model. ' +
          'In Node, ("", Nothing, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , ' +
          'Error No Op registered for Nothing with domain_version of 18',
        '',
      ].join('\n'),
    );
  });

  test('have inputs made where only outputs are recorded, and tolerances of their own', async () => {
    const root = temporaryDirectory();
    const light = join(root, 'light');
    mkdirSync(light);
    const shapes = { inputs: [value('x', ['batch', 4])], outputs: [value('y', ['batch', 4])] };
    for (const name of ['strict', 'lenient']) {
      writeFileSync(join(light, `${name}.onnx`), bytesOf(model(shapes)));
      writeProto(join(light, `${name}_output_0.pb`), floats('', [0, 0.25, 0.51, 0.75], [1, 4]));
    }
    writeFileSync(join(light, 'alone.onnx'), bytesOf(model(shapes)));
    mkdirSync(join(root, 'real'));
    const tolerance = { atol: 1e-7, rtol: 0.05, url: 'some/light/lenient.onnx' };
    writeFileSync(join(root, 'real', 'data.json'), JSON.stringify(tolerance));
    mkdirSync(join(root, 'other'));
    writeFileSync(join(root, 'other', 'data.json'), '[]');
    const { cases } = await runConformance(root, { size: 1 });
    expect(cases.map((result) => [result.name, verdict(result)])).toEqual([
      ['light/lenient', 'passed'],
      ['light/strict', 'failed: difference'],
    ]);
  });

  test('must be there', async () => {
    const root = dirname(temporaryDirectory());
    await expect(runConformance(join(root, 'nowhere'))).rejects.toThrow(
      'holds no case: no directory with model.onnx and test_data_set_0 [file-missing]',
    );
  });
});

test('a refused case is listed on demand', () => {
  const cases: CaseResult[] = [
    { name: 'a', verdict: 'passed' },
    { name: 'b', verdict: 'refused', cause: 'no-kernel', detail: 'no Foo\nat line 1' },
  ];
  const report = {
    runtime: '1.0',
    total: 2,
    passed: 1,
    refused: { 'no-kernel': 1 },
    failed: {},
    seconds: 1,
    cases,
  };
  expect(renderConformance(report)).not.toContain('no Foo');
  expect(renderConformance(report, true)).toContain('refused no-kernel  b: no Foo\n');
});
