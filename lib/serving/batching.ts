import { concatBatch, sliceBatch, type Tensor } from '../artifact';
import type { ServedModel } from './served-model';

export type Tensors = Readonly<Record<string, Tensor>>;

/** One request's inputs on their way to the model. */
export interface Batchable {
  readonly feeds: Tensors;
  /** Must not share a run with others. */
  readonly alone: boolean;
}

/**
 * Whether requests may share a run: inputs and outputs have one first dimension, which varies, and
 * verification found that its rows do not depend on each other.
 */
export function mayBatch({ signature, report }: Pick<ServedModel, 'signature' | 'report'>): boolean {
  const specs = [...Object.values(signature.inputs), ...Object.values(signature.outputs)];
  const [first, ...others] = new Set(specs.map(({ shape }) => shape[0]));
  const independent = report.checks.some(({ id, verdict }) => id === 'batch' && verdict === 'passed');
  return independent && typeof first === 'string' && others.length === 0;
}

/**
 * Takes from the front of a queue what the next run holds: the first request, and those right behind
 * it that differ from it in their first dimension only, up to `maxRows` rows.
 */
export function takeBatch<T extends Batchable>(queue: T[], maxRows: number): T[] {
  const [first] = queue;
  if (!first) return [];
  let rows = rowsOf(first.feeds);
  let count = 1;
  for (const next of queue.slice(1)) {
    rows += rowsOf(next.feeds);
    if (first.alone || next.alone || rows > maxRows || innerShapes(next.feeds) !== innerShapes(first.feeds))
      break;
    count++;
  }
  return queue.splice(0, count);
}

/** The inputs of several requests as those of one. */
export function joinFeeds(feeds: readonly Tensors[]): Tensors {
  const [first = {}] = feeds;
  if (feeds.length === 1) return first;
  const joined = Object.keys(first).map((name) => {
    return [name, concatBatch(feeds.flatMap((tensors) => tensors[name] ?? []))] as const;
  });
  return Object.fromEntries(joined);
}

/**
 * The outputs of one run as those of the requests whose inputs were joined for it.
 *
 * @throws Error when an output has no row for each of theirs
 */
export function splitOutputs(outputs: Tensors, feeds: readonly Tensors[]): Tensors[] {
  if (feeds.length === 1) return [outputs];
  const total = feeds.reduce((sum, tensors) => sum + rowsOf(tensors), 0);
  if (Object.values(outputs).some(({ shape }) => shape[0] !== total))
    throw new Error('the outputs mix requests');
  let start = 0;
  return feeds.map((tensors) => {
    const end = start + rowsOf(tensors);
    const rows = Object.entries(outputs).map(
      ([name, tensor]) => [name, sliceBatch(tensor, start, end)] as const,
    );
    start = end;
    return Object.fromEntries(rows);
  });
}

function rowsOf(feeds: Tensors): number {
  return Object.values(feeds)[0]?.shape[0] ?? 1;
}

function innerShapes(feeds: Tensors): string {
  return Object.values(feeds)
    .map(({ shape }) => shape.slice(1).join())
    .join(';');
}
