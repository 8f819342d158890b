import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, readSignature } from '../../lib/artifact';
import { convert } from '../../lib/program';
import { modelFile, PAIR_SIGNATURE, temporaryDirectory, writeGolden } from '../artifact/support';
import { convertRequest, EXPORTED, output, SIGNATURE } from './support';

jest.setTimeout(30_000);

function exported(model: string): Record<string, string> {
  const [onnx, golden] = [temporaryDirectory(), temporaryDirectory()];
  copyFileSync(modelFile(model), join(onnx, 'model.onnx'));
  writeGolden(golden, [{ x: [1, 2], y: [1, 2] }]);
  return { onnx, golden, preprocessing: temporaryDirectory() };
}

test('makes a package: optimised graph, signature, golden samples, preprocessing', async () => {
  const request = convertRequest();
  const metrics = await convert(request);
  const model = output(request, 'model');
  expect(metrics).toEqual({
    model_bytes_before: 1218,
    model_bytes: 1405,
    operators_before: 12,
    operators: 12,
  });
  expect(readModel(join(model, 'model.onnx'))).toMatchObject({
    irVersion: 9,
    inputs: SIGNATURE.inputs,
    outputs: SIGNATURE.outputs,
  });
  expect(readSignature(join(model, 'signature.json'))).toEqual(SIGNATURE);
  for (const [copy, source] of [
    ['golden/samples.json', join(EXPORTED.golden, 'samples.json')],
    ['preprocessing/preprocessing.json', join(EXPORTED.preprocessing, 'preprocessing.json')],
    ['preprocessing/tokenizer.json', join(EXPORTED.preprocessing, 'tokenizer.json')],
  ] as const) {
    expect(readFileSync(join(model, copy))).toEqual(readFileSync(source));
  }
});

test('the same model gives the same bytes', async () => {
  const [first, second] = [convertRequest(), convertRequest()];
  await convert(first);
  await convert(second);
  const bytes = [first, second].map((request) => readFileSync(join(output(request, 'model'), 'model.onnx')));
  expect(bytes[0]).toEqual(bytes[1]);
});

test('leaves preprocessing out where clients send tensors', async () => {
  const request = convertRequest(exported('identity'), PAIR_SIGNATURE);
  await convert(request);
  expect(existsSync(join(output(request, 'model'), 'preprocessing'))).toBe(false);
});

test('the optimiser only uses operators of the standard domain', async () => {
  const request = convertRequest(exported('batch-mean'), PAIR_SIGNATURE);
  await convert(request);
  const { operators } = readModel(join(output(request, 'model'), 'model.onnx'));
  expect(new Set(operators.map(({ domain }) => domain))).toEqual(new Set(['ai.onnx']));
});

test('a model without the declared signature is refused', async () => {
  await expect(convert(convertRequest(exported('identity')))).rejects.toThrow(
    'has no input "tokens", only "x" [signature]',
  );
});

test('a model that is not safe to execute is refused before it is executed', async () => {
  await expect(convert(convertRequest(exported('foreign-domain'), PAIR_SIGNATURE))).rejects.toThrow(
    '[operator-domain]',
  );
});

test('a signature that is none is refused', async () => {
  const request = { ...convertRequest(), parameters: { signature: { inputs: {} } } };
  await expect(convert(request)).rejects.toThrow('parameters.signature: inputs: has no entries [signature]');
  await expect(convert({ ...request, parameters: {} })).rejects.toThrow(
    'parameters.signature: is missing [request]',
  );
});
