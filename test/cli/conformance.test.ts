import { toBinary } from '@bufbuild/protobuf';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConformanceReport } from '../../lib/artifact';
import { TensorProtoSchema } from '../../lib/artifact/onnx/onnx_pb';
import { bytesOf, floats, model } from '../artifact/onnx-builder';
import { temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

/** Two cases of x to x, of which the second records something else. */
function cases(): string {
  const root = temporaryDirectory();
  for (const [name, recorded] of [
    ['right', 1],
    ['wrong', 2],
  ] as const) {
    const data = join(root, name, 'test_data_set_0');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(root, name, 'model.onnx'), bytesOf(model()));
    writeFileSync(join(data, 'input_0.pb'), toBinary(TensorProtoSchema, floats('', [1, 1], [1, 2])));
    writeFileSync(join(data, 'output_0.pb'), toBinary(TensorProtoSchema, floats('', [1, recorded], [1, 2])));
  }
  return root;
}

test('exits 1 when fewer cases than required are accounted for', async () => {
  const { code, stdout } = await modelPipeline(['conformance', cases()]);
  expect(code).toBe(1);
  expect(stdout).toContain('50.00 % passed or refused for a cause');
  expect(stdout).toContain('failed difference  wrong: output "y" is 1 at index 1, wanted 2');
});

test('exits 0 when the required share is, and prints JSON where asked', async () => {
  const { code, stdout } = await modelPipeline(['conformance', cases(), '--require', '50', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout) as ConformanceReport).toMatchObject({
    total: 2,
    passed: 1,
    refused: {},
    failed: { difference: 1 },
  });
});

test.each([
  [['/nowhere'], '/nowhere: holds no case: no directory with model.onnx and test_data_set_0 [file-missing]'],
  [['x', '--require', '101'], "argument '101' is invalid. It is a number from 0 to 100."],
])('exits 1 for %j', async (parameters, message) => {
  const { code, stderr } = await modelPipeline(['conformance', ...parameters]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});
