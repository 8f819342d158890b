import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySigner, readManifest, VerifiedLanguageModel } from '../../lib/artifact';
import { listFiles } from '../../lib/artifact/manifest';
import { modelDigest } from '../../lib/artifact/model-digest';
import { register, verify } from '../../lib/program';
import { keyPair } from '../artifact/provenance/support';
import { temporaryDirectory } from '../artifact/support';
import { SIGNATURE, writeTinyLlama } from '../artifact/write-tiny-llama';
import { registerLanguageModelRequest, verifiedModel, verifyLanguageModelRequest } from './language-model';
import { output } from './support';

const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

test('verify writes a report that is bound to every file, and tells how many checks passed', async () => {
  const request = verifyLanguageModelRequest(writeTinyLlama());
  expect(await verify(request)).toEqual({ checks_passed: 6, checks_skipped: 0 });
  expect(json(output(request, 'report'), 'verification.json')).toMatchObject({
    verdict: 'passed',
    model: { file: 'config.json', externalData: [{ file: 'model.safetensors' }, { file: 'tokenizer.json' }] },
  });
});

test('verify fails with every finding, and writes the report all the same', async () => {
  const request = verifyLanguageModelRequest(
    writeTinyLlama({ config: { num_key_value_heads: 4 }, files: { 'a.pt': 'x' } }),
  );
  await expect(verify(request)).rejects.toThrow(
    /a\.pt: is a Python pickle[^]*k_proj\.weight: has the shape \[32, 64\]; config\.json makes it \[64, 64\]/,
  );
  expect(json(output(request, 'report'), 'verification.json')).toMatchObject({ verdict: 'failed' });
});

test('a verified language model becomes a version that VerifiedLanguageModel takes', async () => {
  const model = writeTinyLlama({ files: { '.gitattributes': 'x' } });
  const verification = verifyLanguageModelRequest(model);
  await verify(verification);
  const request = registerLanguageModelRequest(model, output(verification, 'report'));
  const metrics = await register(request);
  const directory = output(request, 'version');
  expect(listFiles(directory)).toEqual([
    'bom.json',
    'manifest.json',
    'metrics.json',
    'model/config.json',
    'model/model.safetensors',
    'model/tokenizer.json',
    'prompts.json',
    'signature.json',
    'verification.json',
  ]);
  const version = VerifiedLanguageModel.fromDirectory(directory);
  expect(version).toMatchObject({
    directory,
    pipeline: 'writer',
    version: 'bd33a16453dd',
    signature: SIGNATURE,
    prompts: { schemaVersion: 1, prompts: ['the cat', 'the dog'], promptTokens: 8 },
    report: { verdict: 'passed' },
  });
  expect(version.model.weights.parameters).toBe(25_600);
  expect(readManifest(directory)).toMatchObject({
    runtime: 'vllm',
    version: version.version,
    modelDigest: modelDigest(readManifest(directory)),
  });
  expect(readManifest(directory).modelDigest).toBe(version.model.digest);
  expect(metrics).toEqual({ model_bytes: version.model.bytes, parameters: 25_600, files: 9 });
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
    expect(readFileSync(join(directory, 'model', name)).equals(readFileSync(join(model, name)))).toBe(true);
  }
});

test('its bill of materials is the same each time, and lists every file of the model', async () => {
  const { model, report } = await verifiedModel();
  const requests = [registerLanguageModelRequest(model, report), registerLanguageModelRequest(model, report)];
  for (const request of requests) await register(request);
  const [first, second] = requests.map((request) => json(output(request, 'version'), 'bom.json'));
  expect(second).toEqual(first);
  const text = [{ format: 'text' }];
  const { metadata, components } = first as {
    metadata: { tools: object; component: object };
    components: { name: string }[];
  };
  expect(metadata.tools).toEqual({
    components: [{ type: 'application', name: 'cdk-model-pipeline', version: expect.any(String) as string }],
  });
  expect(metadata.component).toEqual({
    type: 'machine-learning-model',
    'bom-ref': 'model',
    name: 'writer',
    version: 'bd33a16453dd',
    modelCard: {
      modelParameters: {
        task: 'text-generation',
        modelArchitecture: 'LlamaForCausalLM',
        inputs: text,
        outputs: text,
      },
      quantitativeAnalysis: { performanceMetrics: [{ type: 'perplexity', value: '2.5' }] },
    },
  });
  expect(components.map(({ name }) => name)).toEqual([
    'metrics.json',
    'model/config.json',
    'model/model.safetensors',
    'model/tokenizer.json',
    'prompts.json',
    'signature.json',
    'verification.json',
  ]);
});

test('a version is signed as a whole, where there is a signer', async () => {
  const { privatePem, publicPem } = keyPair();
  const { model, report } = await verifiedModel();
  const request = registerLanguageModelRequest(model, report);
  await register(request, { signer: keySigner(privatePem) });
  const directory = output(request, 'version');
  const read = () => VerifiedLanguageModel.fromDirectory(directory, { publicKey: publicPem });
  expect(read().version).toBe('bd33a16453dd');
  writeFileSync(
    join(directory, 'manifest.json'),
    readFileSync(join(directory, 'manifest.json'), 'utf8').replace('writer', 'reader'),
  );
  expect(read).toThrow('manifest.json: was changed after it was signed [provenance-file-changed]');
});

describe('is refused', () => {
  test('with a report that failed', async () => {
    const model = writeTinyLlama({ files: { 'tokenizer.json': '{"model": {"vocab": {"a": 9}}}' } });
    const verification = verifyLanguageModelRequest(model);
    await expect(verify(verification)).rejects.toThrow();
    await expect(
      register(registerLanguageModelRequest(model, output(verification, 'report'))),
    ).rejects.toThrow('verification failed: lm-tokenizer [report-failed]');
  });

  test('with the report of another model', async () => {
    const { report } = await verifiedModel();
    const other = writeTinyLlama({ config: { rope_theta: 5 } });
    await expect(register(registerLanguageModelRequest(other, report))).rejects.toThrow(
      /writer: 1 problem\n.*vouches for other bytes than those of config\.json \[report-foreign\]/,
    );
  });

  test('with a file more than was verified', async () => {
    const { model, report } = await verifiedModel();
    writeFileSync(join(model, 'chat_template.jinja'), 'x');
    await expect(register(registerLanguageModelRequest(model, report))).rejects.toThrow(
      'says nothing of chat_template.jinja, which was not there when the model was verified [report-partial]',
    );
  });

  test('with another signature than it was verified for', async () => {
    const { model, report } = await verifiedModel();
    const signature = { ...SIGNATURE, layers: 3, weightsGiB: 1e-5 };
    await expect(register(registerLanguageModelRequest(model, report, { signature }))).rejects.toThrow(
      /num_hidden_layers: is 2; the signature declares layers 3[^]*of weights; the signature declares weightsGiB/,
    );
  });

  test('with parameters that are none, all of them told', async () => {
    const { model, report } = await verifiedModel();
    const refused = (parameters: Parameters<typeof registerLanguageModelRequest>[2]) =>
      expect(register(registerLanguageModelRequest(model, report, parameters))).rejects;
    await refused({ prompts: ['the cat', ' '], promptTokens: 0 }).toThrow(
      [
        'prompts: 2 problems',
        '  parameters: prompts: got ["the cat"," "], wanted 1 to 100 texts, none blank [prompts]',
        '    fix: write {"schemaVersion": 1, "prompts": ["Hello"], "promptTokens": 16}',
        '  parameters: promptTokens: got 0, wanted a whole number from 1 [prompts]',
      ].join('\n'),
    );
    await refused({ signature: { task: 'text-generation', layers: 0 } }).toThrow(
      /parameters\.signature: architecture: got null, wanted a name \[signature\][^]*layers: got 0, wanted a whole number from 1[^]*weightsGiB: got null, wanted a number above 0/,
    );
    await refused({ runtime: 'tflite' }).toThrow('got "tflite", wanted "onnx", "triton" or "vllm"');
  });

  test('without a report', async () => {
    await expect(
      register(registerLanguageModelRequest(writeTinyLlama(), temporaryDirectory())),
    ).rejects.toThrow('verification.json: does not exist [file-missing]');
  });
});
