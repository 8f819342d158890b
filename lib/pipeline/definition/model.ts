/** Element types a model's inputs and outputs may have. */
export const DTYPES = [
  'float16',
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'bool',
  'string',
] as const;
export type Dtype = (typeof DTYPES)[number];

/** A fixed size, or the name of a size that may vary (`"batch"`). */
export type Dimension = number | string;

export interface TensorSpec {
  readonly dtype: Dtype;
  readonly shape: readonly Dimension[];
}

/** The contract of the model: what it takes and what it gives. Verification holds the model to it. */
export interface ModelSignature {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}

/**
 * A causal language model as Hugging Face lays it out: it takes a prompt and gives its continuation. The
 * numbers are those of `config.json`; verification holds the trained model to them, and they decide which
 * machine serves it.
 */
export interface LanguageModelSignature {
  readonly task: 'text-generation';
  /** First of `architectures`: `"LlamaForCausalLM"`. */
  readonly architecture: string;
  /** `num_hidden_layers`. */
  readonly layers: number;
  /** `num_attention_heads`. */
  readonly attentionHeads: number;
  /** `num_key_value_heads`. @default - attentionHeads */
  readonly keyValueHeads?: number;
  /** `head_dim`, or `hidden_size` over `num_attention_heads`. */
  readonly headSize: number;
  /** Tokens of prompt and answer together that the endpoint takes; at most `max_position_embeddings`. */
  readonly contextTokens: number;
  /** The most that all `*.safetensors` may have, in GiB: an 8 billion parameter model in 16 bits has 15. */
  readonly weightsGiB: number;
}

/** Whether a model takes prompts, not tensors. */
export function isLanguageModel(
  signature: ModelSignature | LanguageModelSignature,
): signature is LanguageModelSignature {
  return 'task' in signature;
}

/** GPUs of a machine that one copy of a language model may be spread over. */
export const GPU_COUNTS: readonly number[] = [1, 2, 4, 8];

/** Whether each GPU takes as many attention heads, and keys and values are split evenly, or copied evenly. */
export function spreadsEvenly(attentionHeads: number, keyValueHeads: number, gpus: number): boolean {
  const even = keyValueHeads % gpus === 0 || gpus % keyValueHeads === 0;
  return attentionHeads % gpus === 0 && even;
}
