import { type Issue, issue, throwIssues } from '../../issue';
import type { LanguageModelSignature } from '../../pipeline/definition';
import { isObject, type JsonObject, readJsonObject } from '../json-file';
import type { Weights } from '../safetensors/read-weights';
import { CONFIG_FIELDS, CONFIG_NUMBERS, isCount, type LanguageModelConfig } from './config';

const FIX = 'write the signature as docs/guide/language-models.md says';
const GIB = 2 ** 30;

/** Whether JSON means to be the signature of a language model, not one of tensors. */
export function isLanguageModelSignature(json: unknown): json is JsonObject {
  return isObject(json) && 'task' in json;
}

/**
 * Reads `signature.json` of a language model.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readLanguageModelSignature(file: string): Required<LanguageModelSignature> {
  return parseLanguageModelSignature(readJsonObject(file, 'signature', FIX), file);
}

/**
 * Takes JSON for the signature of a language model.
 *
 * @param path names the signature in errors
 * @throws IssueError with everything that is wrong
 */
export function parseLanguageModelSignature(json: unknown, path: string): Required<LanguageModelSignature> {
  const fields: JsonObject = isObject(json) ? json : {};
  const signature = { keyValueHeads: fields.attentionHeads, ...fields } as JsonObject;
  const wrong = (field: string, wanted: string): Issue =>
    issue(
      'signature',
      `${path}: ${field}`,
      `got ${JSON.stringify(signature[field] ?? null)}, wanted ${wanted}`,
      FIX,
    );
  const { architecture, task, weightsGiB } = signature;
  throwIssues('signature', [
    ...(task === 'text-generation' ? [] : [wrong('task', '"text-generation"')]),
    ...(typeof architecture === 'string' && architecture !== '' ? [] : [wrong('architecture', 'a name')]),
    ...CONFIG_NUMBERS.filter((field) => !isCount(signature[field])).map((field) =>
      wrong(field, 'a whole number from 1'),
    ),
    ...(typeof weightsGiB === 'number' && weightsGiB > 0 ? [] : [wrong('weightsGiB', 'a number above 0')]),
  ]);
  return signature as unknown as Required<LanguageModelSignature>;
}

/**
 * How a model differs from the signature it is declared to have.
 *
 * @param path of the model's `config.json`
 */
export function configIssues(
  config: LanguageModelConfig,
  declared: LanguageModelSignature,
  path: string,
): Issue[] {
  const signature = { keyValueHeads: declared.attentionHeads, ...declared };
  const fields = ['architecture', 'layers', 'attentionHeads', 'keyValueHeads', 'headSize'] as const;
  const differing = fields
    .filter((field) => config[field] !== signature[field])
    .map((field) =>
      different(
        `${path}: ${CONFIG_FIELDS[field]}`,
        `is ${JSON.stringify(config[field])}; the signature declares ${field} ${JSON.stringify(signature[field])}`,
      ),
    );
  if (signature.contextTokens <= config.contextTokens) return differing;
  const message = `is ${config.contextTokens}; the signature declares contextTokens ${signature.contextTokens}, which it must have at least`;
  return [...differing, different(`${path}: ${CONFIG_FIELDS.contextTokens}`, message)];
}

/**
 * Whether all weights are within the size that the signature declares.
 *
 * @param path of the model's directory
 */
export function sizeIssues(
  { bytes }: Weights,
  { weightsGiB }: LanguageModelSignature,
  path: string,
): Issue[] {
  if (bytes <= weightsGiB * GIB) return [];
  const message = `holds ${gib(bytes)} GiB of weights; the signature declares weightsGiB ${weightsGiB}`;
  return [different(path, message)];
}

/** Four significant digits, upwards: what is too large never reads as what is allowed. */
function gib(bytes: number): string {
  const exact = bytes / GIB;
  const step = 10 ** (Math.floor(Math.log10(exact)) - 3);
  return String(Number((Math.ceil(exact / step) * step).toPrecision(4)));
}

function different(path: string, message: string): Issue {
  const fix = 'declare what train writes, or train what is declared';
  return { code: 'language-model-signature', path, message, fix };
}
