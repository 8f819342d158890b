import { createHash } from 'node:crypto';
import { isObject } from '../artifact/json-file';

/** A digest of the input of a labelled sample, `{"input": {…}, "label": number}`; none where the line is no sample. */
export function digestOf(line: string): string | undefined {
  let sample: unknown;
  try {
    sample = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(sample) || !isObject(sample.input) || !Number.isFinite(sample.label)) return undefined;
  return createHash('sha256')
    .update(JSON.stringify(sorted(sample.input)))
    .digest('hex');
}

/** The same value, whatever the order of its keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return keys.map((key) => [key, sorted(value[key])]);
}
