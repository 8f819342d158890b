import { throwIssues, type Issue } from '../issue';
import type { GoldenSample, GoldenSamples } from './golden-sample';
import { attempt, entriesOf, isObject, readJsonObject } from './json-file';
import type { Tensor } from './tensor';
import { tensorFromJson } from './tensor-json';

const FIX = 'record the golden samples again with the stage program `export`';

/**
 * Reads `samples.json`.
 *
 * @throws IssueError with everything that is wrong with the file
 */
export function readGoldenJson(file: string): GoldenSamples {
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
