import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Issue, throwIssues } from '../../issue';
import { attempt, entriesOf, readJsonObject } from '../json-file';
import { broken, DOWNLOAD_AGAIN, elements, type SafetensorsEntry } from './header';
import { readSafetensors } from './read-safetensors';

/** The tensors of a model, over all of its safetensors files. */
export interface Weights {
  /** Numbers in all tensors. */
  readonly parameters: number;
  readonly bytes: number;
  /** Bytes by dtype, as the format names it: `{"BF16": 16060522496}`. */
  readonly bytesByDtype: Readonly<Record<string, number>>;
  readonly tensors: number;
}

const INDEX = 'model.safetensors.index.json';

/** A safetensors file of a model, and the tensors in it. */
export interface Shard {
  /** Name of the file. */
  readonly file: string;
  readonly entries: readonly SafetensorsEntry[];
}

/**
 * Reads the headers of a model's safetensors files, and holds them against the index where there are
 * several: each tensor is in the one file that the index names, and in no other.
 *
 * @param files names of the `*.safetensors` files of the directory
 * @throws IssueError with everything that is wrong
 */
export function readShards(directory: string, files: readonly string[]): readonly Shard[] {
  const issues: Issue[] = [];
  const shards = files.map((file) => ({
    file,
    entries: attempt(issues, () => readSafetensors(join(directory, file))) ?? [],
  }));
  if (files.length === 0) issues.push(broken(directory, 'has no *.safetensors file'));
  if (issues.length === 0) issues.push(...indexIssues(directory, shards));
  throwIssues('weights', issues);
  return shards;
}

function indexIssues(directory: string, shards: readonly Shard[]): Issue[] {
  const path = join(directory, INDEX);
  if (!existsSync(path)) {
    if (shards.length === 1) return [];
    return [
      broken(path, `is missing: ${shards.length} files hold the weights, and nothing says which holds what`),
    ];
  }
  const issues: Issue[] = [];
  const index = attempt(issues, () => readJsonObject(path, 'weights', DOWNLOAD_AGAIN));
  const listed = entriesOf(index?.weight_map).map(([name, file]) => `${name} in ${String(file)}`);
  const found = shards.flatMap(({ file, entries }) => entries.map(({ name }) => `${name} in ${file}`));
  return [
    ...issues,
    ...difference(listed, found, path, 'is listed, but not there'),
    ...difference(found, listed, path, 'is there, but not listed'),
  ];
}

/** The first few: a shard that is missing would fill pages. */
function difference(
  some: readonly string[],
  others: readonly string[],
  path: string,
  message: string,
): Issue[] {
  const there = new Set(others);
  const missing = some.filter((name) => !there.has(name));
  return missing
    .slice(0, 3)
    .map((name, index) =>
      broken(
        `${path}: ${name}`,
        index === 2 && missing.length > 3 ? `${message}, as ${missing.length - 3} more` : message,
      ),
    );
}

export function summarizeWeights(shards: readonly Shard[]): Weights {
  const entries = shards.flatMap((shard) => shard.entries);
  const bytesByDtype: Record<string, number> = {};
  for (const { dtype, begin, end } of entries) bytesByDtype[dtype] = (bytesByDtype[dtype] ?? 0) + end - begin;
  return {
    parameters: sum(entries.map(({ shape }) => elements(shape))),
    bytes: sum(entries.map(({ begin, end }) => end - begin)),
    bytesByDtype,
    tensors: entries.length,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
