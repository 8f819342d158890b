import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LanguageModel } from '../../lib/artifact/language-model/language-model';
import { CONFIG, type LanguageModelFiles, safetensors, writeLanguageModel } from './write-language-model';

const read = (files?: LanguageModelFiles) => LanguageModel.fromDirectory(writeLanguageModel(files));

test('is read with its sizes and its digest', () => {
  const directory = writeLanguageModel();
  const model = LanguageModel.fromDirectory(directory);
  expect(model.config).toEqual({
    architecture: 'LlamaForCausalLM',
    layers: 2,
    attentionHeads: 4,
    keyValueHeads: 2,
    headSize: 16,
    contextTokens: 2048,
  });
  expect(model.weights).toEqual({ parameters: 32, bytes: 64, bytesByDtype: { BF16: 64 }, tensors: 1 });
  const lines = ['config.json', 'model.safetensors', 'tokenizer.json'].map((name) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
    return `${sha256}  ${name}\n`;
  });
  const digest = createHash('sha256').update(lines.join('')).digest('hex');
  expect(model).toMatchObject({ digest, version: digest.slice(0, 12) });
  expect(model.bytes).toBe(Object.values(model.files).reduce((sum, { bytes }) => sum + bytes, 0));
});

test('has as many heads with keys and values as heads where nothing else is said', () => {
  const model = read({ config: { ...CONFIG, num_key_value_heads: undefined, head_dim: 24 } });
  expect(model.config).toMatchObject({ keyValueHeads: 4, headSize: 24 });
});

test('files that tools hide do not belong to it', () => {
  const directory = writeLanguageModel({ files: { '.gitattributes': '*.bin lfs' } });
  mkdirSync(join(directory, '.cache'));
  expect(Object.keys(LanguageModel.fromDirectory(directory).files)).not.toContain('.gitattributes');
});

test.each([
  ['pytorch_model.bin', 'is most likely a Python pickle'],
  ['consolidated.00.pth', 'is a Python pickle, which can run code when it is loaded'],
  ['modeling_mine.py', 'is Python code, which would run unread'],
  ['model.gguf', 'is of a format that is not known to be only data'],
])('%s beside the weights is refused', (name, message) => {
  const text = message.replace('most likely a', 'a');
  expect(() => read({ files: { [name]: 'x' } })).toThrow(`/${name}: ${text}`);
});

test('directories and links are refused', () => {
  const directory = writeLanguageModel();
  mkdirSync(join(directory, 'original'));
  symlinkSync('/etc/hosts', join(directory, 'hosts.txt'));
  expect(() => LanguageModel.fromDirectory(directory)).toThrow(
    /hosts\.txt: is a directory or a link, not a file \[language-model-file\][^]*original: is a directory or a link/,
  );
});

test('a model without a vocabulary is refused; one of SentencePiece will do', () => {
  expect(() => read({ files: { 'tokenizer.json': undefined } })).toThrow(
    'tokenizer.json: is missing: nothing turns text into tokens [language-model-file]',
  );
  expect(() => read({ files: { 'tokenizer.json': undefined, 'tokenizer.model': 'x' } })).not.toThrow();
});

test.each([
  [
    { architectures: ['BertModel'] },
    'architectures: names "BertModel", not a causal language model such as "LlamaForCausalLM"',
  ],
  [{ architectures: undefined }, 'architectures: names null, not a causal language model'],
  [
    { auto_map: { AutoModel: 'modeling.Mine' } },
    'auto_map: asks for Python code of its own, which would run unread',
  ],
  [{ kv_lora_rank: 512 }, 'kv_lora_rank: stands for latent attention, whose cache is not sized here'],
  [{ num_hidden_layers: undefined }, 'num_hidden_layers: is missing, wanted a whole number from 1'],
  [{ num_attention_heads: 0 }, 'num_attention_heads: is 0, wanted a whole number from 1'],
  [{ hidden_size: 65 }, 'head_dim: is missing, wanted a whole number from 1'],
])('config.json with %j is refused', (change, message) => {
  expect(() => read({ config: { ...CONFIG, ...change } })).toThrow(`config.json: ${message}`);
});

test('a number that config.json lacks is to be written', () => {
  expect(() => read({ config: { ...CONFIG, num_hidden_layers: undefined } })).toThrow(
    'fix: write it; or serve it with an image of your own, which knows the model',
  );
});

describe('several files of weights', () => {
  const shard = (name: string) =>
    safetensors({ [name]: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }, 4);
  const shards = (index?: object): LanguageModelFiles => ({
    files: {
      'model.safetensors': undefined,
      'model-1.safetensors': shard('a'),
      'model-2.safetensors': shard('b'),
      ...(index && { 'model.safetensors.index.json': JSON.stringify({ weight_map: index }) }),
    },
  });

  test('are one model with their index', () => {
    const { weights } = read(shards({ a: 'model-1.safetensors', b: 'model-2.safetensors' }));
    expect(weights).toEqual({ parameters: 4, bytes: 8, bytesByDtype: { F16: 8 }, tensors: 2 });
  });

  test('are refused without it', () => {
    expect(() => read(shards())).toThrow('index.json: is missing: 2 files hold the weights');
  });

  test('are held against it both ways', () => {
    expect(() => read(shards({ a: 'model-1.safetensors', b: 'model-1.safetensors' }))).toThrow(
      /b in model-1\.safetensors: is listed, but not there[^]*b in model-2\.safetensors: is there, but not listed/,
    );
  });

  test('tell the first of many differences', () => {
    const missing = Object.fromEntries(
      ['c', 'd', 'e', 'f', 'g'].map((name) => [name, 'model-3.safetensors']),
    );
    expect(() => read(shards({ a: 'model-1.safetensors', b: 'model-2.safetensors', ...missing }))).toThrow(
      'e in model-3.safetensors: is listed, but not there, as 2 more',
    );
  });
});

test('a directory without weights, or none at all, is refused', () => {
  expect(() => read({ files: { 'model.safetensors': undefined } })).toThrow(
    'has no *.safetensors file [safetensors]',
  );
  expect(() => LanguageModel.fromDirectory('nowhere')).toThrow(
    /nowhere: is not a directory that exists \[language-model-missing\]\n {4}fix: download the whole model/,
  );
});

test('everything that is wrong is told at once', () => {
  const directory = writeLanguageModel({
    files: { 'a.bin': 'x', 'config.json': '{', 'model.safetensors': 'x' },
  });
  writeFileSync(join(directory, 'b.pt'), 'x');
  expect(() => LanguageModel.fromDirectory(directory)).toThrow(/: 4 problems\n/);
});
