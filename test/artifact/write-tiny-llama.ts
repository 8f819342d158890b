import { DTYPE_BITS } from '../../lib/artifact/safetensors/dtypes';
import type { LanguageModelSignature } from '../../lib/pipeline/definition';
import { CONFIG, safetensors, writeLanguageModel } from './write-language-model';

/** What `writeTinyLlama` writes, as a definition declares it. */
export const SIGNATURE: Required<LanguageModelSignature> = {
  task: 'text-generation',
  architecture: 'LlamaForCausalLM',
  layers: 2,
  attentionHeads: 4,
  keyValueHeads: 2,
  headSize: 16,
  contextTokens: 2048,
  weightsGiB: 0.001,
};

export interface TinyTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** @default - zeros */
  readonly data?: Buffer;
}

const bf16 = (...shape: number[]): TinyTensor => ({ dtype: 'BF16', shape });

/** Eight tokens, 64 elements each, in two layers. */
export const TENSORS: Readonly<Record<string, TinyTensor>> = {
  'model.embed_tokens.weight': bf16(8, 64),
  ...layer(0),
  ...layer(1),
  'lm_head.weight': bf16(8, 64),
};

export function layer(number: number): Record<string, TinyTensor> {
  const attention = `model.layers.${number}.self_attn`;
  return {
    [`${attention}.q_proj.weight`]: bf16(64, 64),
    [`${attention}.k_proj.weight`]: bf16(32, 64),
    [`${attention}.v_proj.weight`]: bf16(32, 64),
    [`${attention}.o_proj.weight`]: bf16(64, 64),
  };
}

export interface TinyLlama {
  /** Fields of `config.json` that differ. */
  readonly config?: object;
  readonly tensors?: Readonly<Record<string, TinyTensor | undefined>>;
  readonly tokenizer?: object;
  readonly files?: Readonly<Record<string, string | Buffer | undefined>>;
}

/** The directory of a language model that passes every check. */
export function writeTinyLlama({ config, tensors, tokenizer, files }: TinyLlama = {}): string {
  const vocabulary = { '<unk>': 0, '<s>': 1, '</s>': 2, the: 3, cat: 4, dog: 5, sees: 6, sleeps: 7 };
  return writeLanguageModel({
    config: { ...CONFIG, vocab_size: 8, ...config },
    files: {
      'tokenizer.json': JSON.stringify(tokenizer ?? { model: { type: 'WordLevel', vocab: vocabulary } }),
      'model.safetensors': tensorFile({ ...TENSORS, ...tensors }),
      ...files,
    },
  });
}

/** A safetensors file; a tensor that is `undefined` is left out. */
export function tensorFile(tensors: Readonly<Record<string, TinyTensor | undefined>>): Buffer {
  const header: Record<string, object> = {};
  const pieces: Buffer[] = [];
  let end = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor === undefined) continue;
    const { dtype, shape } = tensor;
    const bytes = (shape.reduce((product, size) => product * size, 1) * (DTYPE_BITS[dtype] ?? 0)) / 8;
    pieces.push(tensor.data ?? Buffer.alloc(bytes));
    header[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  return Buffer.concat([safetensors(header, 0), ...pieces]);
}
