import { join } from 'node:path';
import { throwIssues, type Issue } from '../issue';
import { attempt, entriesOf, isObject, readJsonObject } from './json-file';
import type { Tensor } from './tensor';
import { tensorFromJson } from './tensor-json';

/** What the model answered where it was made. */
export interface GoldenSamples {
  /** `"torch 2.13.0"`. */
  readonly producer: string;
  readonly samples: readonly GoldenSample[];
}

export interface GoldenSample {
  readonly id: string;
  /** What a client sends for this instance; absent where clients send tensors. */
  readonly input?: unknown;
  /** Batch size 1. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Batch size 1. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

const FIX = 'record the golden samples again with the stage program `export`';

/**
 * Reads `samples.json` of a golden directory.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readGolden(directory: string): GoldenSamples {
  const file = join(directory, 'samples.json');
  const json = readJsonObject(file, 'golden samples', FIX);
  const issues: Issue[] = [];
  if (json.schemaVersion !== 1) {
    issues.push(issue(`${file}: schemaVersion`, `got ${JSON.stringify(json.schemaVersion)}, wanted 1`));
  }
  if (!Array.isArray(json.samples) || json.samples.length === 0) {
    issues.push(issue(`${file}: samples`, 'holds no samples'));
  }
  const entries: unknown[] = Array.isArray(json.samples) ? json.samples : [];
  const samples = entries.map((sample, index) => parseSample(sample, `${file}: samples[${index}]`, issues));
  throwIssues('golden samples', issues);
  return { producer: typeof json.producer === 'string' ? json.producer : 'unknown', samples };
}

function parseSample(json: unknown, path: string, issues: Issue[]): GoldenSample {
  const sample = isObject(json) ? json : {};
  if (typeof sample.id !== 'string') issues.push(issue(`${path}.id`, 'is not a string'));
  return {
    id: String(sample.id),
    ...('input' in sample && { input: sample.input }),
    tensors: parseTensors(sample.tensors, `${path}.tensors`, issues),
    outputs: parseTensors(sample.outputs, `${path}.outputs`, issues),
  };
}

function parseTensors(json: unknown, path: string, issues: Issue[]): Record<string, Tensor> {
  const entries = entriesOf(json);
  if (entries.length === 0) issues.push(issue(path, 'holds no tensors'));
  const tensors = entries.map(([name, value]) => {
    return [name, attempt(issues, () => tensorFromJson(value, `${path}.${name}`))] as const;
  });
  return Object.fromEntries(tensors.filter((entry): entry is [string, Tensor] => entry[1] !== undefined));
}

function issue(path: string, message: string): Issue {
  return { code: 'golden-samples', path, message, fix: FIX };
}
