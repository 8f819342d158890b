import { type Issue, throwIssues } from '../../issue';
import { isObject, type JsonObject } from '../json-file';

/** What of a causal language model decides how much memory it takes. */
export interface LanguageModelConfig {
  /** `"LlamaForCausalLM"`. */
  readonly architecture: string;
  readonly layers: number;
  readonly attentionHeads: number;
  /** Heads that have keys and values of their own: fewer than attention heads with grouped queries. */
  readonly keyValueHeads: number;
  /** Elements per head. */
  readonly headSize: number;
  /** Tokens of prompt and answer together that the model was made for. */
  readonly contextTokens: number;
}

const FIX = 'serve it with an image of your own, which knows the model';

/**
 * Takes `config.json` of a Hugging Face model for a causal language model.
 *
 * @throws IssueError with everything that is missing, or that this library cannot answer for
 */
export function parseConfig(json: JsonObject, path: string): LanguageModelConfig {
  const [architecture] = Array.isArray(json.architectures) ? (json.architectures as unknown[]) : [];
  const attentionHeads = json.num_attention_heads;
  const config = {
    architecture,
    layers: json.num_hidden_layers,
    attentionHeads,
    keyValueHeads: json.num_key_value_heads ?? attentionHeads,
    headSize: json.head_dim ?? Number(json.hidden_size) / Number(attentionHeads),
    contextTokens: json.max_position_embeddings,
  };
  throwIssues('language model', [...refusals(json, path), ...numberIssues(json, config, path)]);
  return config as LanguageModelConfig;
}

function refusals(json: JsonObject, path: string): Issue[] {
  const issues: Issue[] = [];
  const [architecture] = Array.isArray(json.architectures) ? (json.architectures as unknown[]) : [];
  if (typeof architecture !== 'string' || !architecture.endsWith('ForCausalLM')) {
    issues.push(
      found(
        'architecture',
        `${path}: architectures`,
        `names ${JSON.stringify(architecture ?? null)}, not a causal language model such as "LlamaForCausalLM"`,
      ),
    );
  }
  if (isObject(json.auto_map)) {
    issues.push(
      found('remote-code', `${path}: auto_map`, 'asks for Python code of its own, which would run unread'),
    );
  }
  if (json.kv_lora_rank !== undefined) {
    issues.push(
      found(
        'architecture',
        `${path}: kv_lora_rank`,
        'stands for latent attention, whose cache is not sized here',
      ),
    );
  }
  return issues;
}

/** Where `config.json` has each field; `headSize` is also `hidden_size` over `num_attention_heads`. */
export const CONFIG_FIELDS = {
  architecture: 'architectures',
  layers: 'num_hidden_layers',
  attentionHeads: 'num_attention_heads',
  keyValueHeads: 'num_key_value_heads',
  headSize: 'head_dim',
  contextTokens: 'max_position_embeddings',
} as const satisfies Record<keyof LanguageModelConfig, string>;

export const CONFIG_NUMBERS = [
  'layers',
  'attentionHeads',
  'keyValueHeads',
  'headSize',
  'contextTokens',
] as const satisfies (keyof LanguageModelConfig)[];

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function numberIssues(
  json: JsonObject,
  config: Record<keyof LanguageModelConfig, unknown>,
  path: string,
): Issue[] {
  return CONFIG_NUMBERS.filter((field) => !isCount(config[field])).map((field) => {
    const name = CONFIG_FIELDS[field];
    const is = json[name] === undefined ? 'missing' : JSON.stringify(json[name]);
    const message = `is ${is}, wanted a whole number from 1`;
    return { ...found('config', `${path}: ${name}`, message), fix: `write it; or ${FIX}` };
  });
}

function found(code: string, path: string, message: string): Issue {
  return { code: `language-model-${code}`, path, message, fix: FIX };
}
