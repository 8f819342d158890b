import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, readJsonObject } from '../artifact/json-file';
import { issue, IssueError } from '../issue';

/** `reference.json`: how inputs and answers of the evaluation data spread. */
export interface Reference {
  readonly schemaVersion: 1;
  readonly samples: number;
  readonly features: readonly ReferenceFeature[];
}

/** The spread of one feature, with `edges` for numbers and `categories` for token ids. */
export interface ReferenceFeature {
  /** `"probability"`, `"x[3]"`, `"tokens.length"`. */
  readonly name: string;
  readonly of: 'input' | 'output';
  /** Upper edges of all bins but the last, ascending; the first bin lies below all of the reference. */
  readonly edges?: readonly number[];
  /** Token ids, the most frequent first. */
  readonly categories?: readonly number[];
  /** One more than there are edges, or categories: the last counts all others. */
  readonly counts: readonly number[];
}

const FIX = 'evaluate the model again';

/**
 * The reference that `evaluate` wrote beside its metrics.
 *
 * @param evaluation the `metrics` directory
 * @throws IssueError when it is malformed
 */
export function readReference(evaluation: string | undefined): { readonly reference?: Reference } {
  const file = join(evaluation ?? '', 'reference.json');
  if (evaluation === undefined || !existsSync(file)) return {};
  const reference = readJsonObject(file, 'reference', FIX);
  const { features, samples } = reference;
  if (Number.isInteger(samples) && Array.isArray(features) && features.every(isFeature)) {
    return { reference: { schemaVersion: 1, samples: samples as number, features } };
  }
  throw new IssueError('reference', [
    issue('reference-malformed', file, 'holds no features with counts', FIX),
  ]);
}

function isFeature(feature: unknown): feature is ReferenceFeature {
  if (!isObject(feature)) return false;
  const { categories, counts, edges, name, of } = feature;
  const places = edges ?? categories;
  return (
    typeof name === 'string' &&
    (of === 'input' || of === 'output') &&
    areNumbers(places) &&
    areNumbers(counts) &&
    counts.length === places.length + 1
  );
}

function areNumbers(values: unknown): values is number[] {
  return Array.isArray(values) && values.every(Number.isFinite);
}
