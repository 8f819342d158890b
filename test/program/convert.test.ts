import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar';
import { readModel, readSignature, VerifiedArtifact, versionId } from '../../lib/artifact';
import { digestDirectory, readManifest } from '../../lib/artifact/manifest';
import { convert, type ProgramRequest, register, verify } from '../../lib/program';
import { createServer, findModel } from '../../lib/serving';
import { modelFile, PAIR_SIGNATURE, temporaryDirectory, writeGolden } from '../artifact/support';
import { convertRequest, EXPORTED, output, registerRequest, SIGNATURE, verifyRequest } from './support';

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

test('weights that are too many for a file of ONNX lie beside it, and are served and verified from there', async () => {
  const request = convertRequest();
  const metrics = await convert(request, 1);
  const model = output(request, 'model');
  const { externalData, bytes } = readModel(join(model, 'model.onnx'));
  expect(externalData).toEqual([{ location: 'model.onnx.data', tensors: 1, bytes: 560 }]);
  expect(statSync(join(model, 'model.onnx.data')).size).toBe(560);
  expect(metrics.model_bytes).toBe(bytes + 560);

  const verification = verifyRequest(model);
  await verify(verification);
  const [registration, triton] = ['onnx', 'triton'].map((runtime) =>
    registerRequest(model, output(verification, 'report'), runtime),
  ) as [ProgramRequest, ProgramRequest];
  const { model_bytes } = await register(registration);
  expect(model_bytes).toBe(metrics.model_bytes);
  await register(triton);
  const version = output(registration, 'version');
  const artifact = VerifiedArtifact.fromDirectory(version);
  expect(artifact.bytes).toBe(bytes + 560);
  expect(readManifest(version).files).toHaveProperty(['model.onnx.data']);

  const unpacked = temporaryDirectory();
  await extract({ file: join(version, 'model.tar.gz'), cwd: unpacked });
  const server = createServer(findModel(unpacked));
  const url = await server.listen({ port: 0 });
  const answer = await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ instances: [{ text: 'Win a free cash prize' }] }),
  });
  await server.close();
  expect(answer.status).toBe(200);

  await extract({ file: join(output(triton, 'version'), 'model.tar.gz'), cwd: unpacked });
  expect(readdirSync(join(unpacked, 'spam-filter', '1')).sort()).toEqual(['model.onnx', 'model.onnx.data']);
});

test('a version with other weights beside the model is another version', async () => {
  const request = convertRequest();
  await convert(request, 1);
  const model = output(request, 'model');
  const id = versionId(digestDirectory(model));
  appendFileSync(join(model, 'model.onnx.data'), 'x');
  expect(versionId(digestDirectory(model))).not.toBe(id);
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
