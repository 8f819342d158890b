import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './support';

/** Bytes of a safetensors file with this header, followed by so many zeros. */
export function safetensors(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

/** Four heads of 16 elements in two layers, two of them with keys and values. */
export const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  hidden_size: 64,
  max_position_embeddings: 2048,
};

export interface LanguageModelFiles {
  readonly config?: object;
  /** Files besides config.json, by name; `undefined` leaves one out. */
  readonly files?: Readonly<Record<string, string | Buffer | undefined>>;
}

/** A directory as Hugging Face lays a causal language model out, with one small tensor. */
export function writeLanguageModel({ config = CONFIG, files = {} }: LanguageModelFiles = {}): string {
  const directory = join(temporaryDirectory(), 'model');
  mkdirSync(directory);
  const all: LanguageModelFiles['files'] = {
    'config.json': JSON.stringify(config),
    'tokenizer.json': '{}',
    'model.safetensors': safetensors(
      { embed: { dtype: 'BF16', shape: [4, 8], data_offsets: [0, 64] }, __metadata__: { format: 'pt' } },
      64,
    ),
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    if (content !== undefined) writeFileSync(join(directory, name), content);
  }
  return directory;
}
