import { join } from 'node:path';
import type { Issue } from '../../issue';
import type { JsonObject } from '../json-file';
import type { SafetensorsEntry } from '../safetensors/header';
import { isCount, type LanguageModelConfig } from './config';

/** Architectures whose attention is four plain projections, named and shaped as Llama's are. */
const LIKE_LLAMA = ['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'];

const PACKED = ['U8', 'I8', 'I32'];

const FIX = 'save weights and config.json of the same model, all layers of it';

/**
 * What tensors a model lacks or has too many of, by its `config.json`: layers that are missing, and
 * shapes that another number of heads or tokens would have.
 *
 * @param path of the model's directory
 */
export function tensorIssues(
  entries: readonly SafetensorsEntry[],
  config: LanguageModelConfig,
  json: JsonObject,
  path: string,
): Issue[] {
  const issues = layerIssues(entries, config, json, path);
  return LIKE_LLAMA.includes(config.architecture)
    ? [...issues, ...shapeIssues(entries, config, json, path)]
    : issues;
}

/** Layers are numbered from 0 in the names of their tensors: `model.layers.0.mlp.up_proj.weight`. */
function layerIssues(
  entries: readonly SafetensorsEntry[],
  { layers }: LanguageModelConfig,
  { num_nextn_predict_layers: predicting }: JsonObject,
  path: string,
): Issue[] {
  const found = new Set(entries.flatMap(({ name }) => layerOf(name)));
  // Layers that only guess further tokens come after the others.
  const all = layers + (typeof predicting === 'number' ? predicting : 0);
  const extra = [...found].filter((layer) => layer >= all).sort((a, b) => a - b);
  const missing = layers - [...found].filter((layer) => layer < layers).length;
  const issues: Issue[] = [];
  if (missing > 0) {
    let first = 0;
    while (found.has(first)) first += 1;
    issues.push(wrong(path, `has no tensors of ${layerAndMore(first, missing)} of ${layers}`));
  }
  if (extra.length > 0) {
    const beyond = layerAndMore(extra[0] ?? 0, extra.length);
    issues.push(wrong(path, `has tensors of ${beyond}; config.json numbers ${layers} of them from 0`));
  }
  return issues;
}

/** The first number among the parts of a name. */
function layerOf(name: string): number[] {
  const number = name.split('.').find((part) => /^\d+$/.test(part));
  return number === undefined ? [] : [Number(number)];
}

function shapeIssues(
  entries: readonly SafetensorsEntry[],
  { attentionHeads, keyValueHeads, headSize }: LanguageModelConfig,
  json: JsonObject,
  path: string,
): Issue[] {
  const { vocab_size: vocabulary, hidden_size: hidden } = json;
  if (!isCount(vocabulary) || !isCount(hidden)) {
    return ['vocab_size', 'hidden_size']
      .filter((name) => !isCount(json[name]))
      .map((name) => {
        const message = `is ${JSON.stringify(json[name] ?? null)}, wanted a whole number from 1`;
        return wrong(`${join(path, 'config.json')}: ${name}`, message);
      });
  }
  const queries = attentionHeads * headSize;
  const keys = keyValueHeads * headSize;
  const wanted: readonly (readonly [name: RegExp, shape: readonly number[]])[] = [
    [/^model\.embed_tokens\.weight$/, [vocabulary, hidden]],
    [/\.self_attn\.q_proj\.weight$/, [queries, hidden]],
    [/\.self_attn\.[kv]_proj\.weight$/, [keys, hidden]],
    [/\.self_attn\.o_proj\.weight$/, [hidden, queries]],
  ];
  return entries
    .filter(({ dtype }) => !PACKED.includes(dtype))
    .flatMap(({ name, shape }) => {
      const expected = wanted.find(([pattern]) => pattern.test(name))?.[1];
      if (!expected || String(shape) === String(expected)) return [];
      const message = `has the shape [${shape.join(', ')}]; config.json makes it [${expected.join(', ')}]`;
      return [wrong(`${path}: ${name}`, message)];
    });
}

function layerAndMore(first: number, layers: number): string {
  return `layer ${first}${layers > 1 ? ` and ${layers - 1} more` : ''}`;
}

function wrong(path: string, message: string): Issue {
  return { code: 'language-model-tensors', path, message, fix: FIX };
}
