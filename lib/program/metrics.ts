import { join } from 'node:path';
import { isObject, readJsonObject } from '../artifact/json-file';
import { issue, IssueError } from '../issue';
import type { Metrics } from './contract';

const FIX = 'run the step that measures again';

/**
 * Reads `metrics.json` of a program's `metrics` directory.
 *
 * @throws IssueError when it is missing, or is not an object of finite numbers
 */
export function readMetrics(directory: string): Metrics {
  const file = join(directory, 'metrics.json');
  return checkMetrics(readJsonObject(file, 'metrics', FIX), file);
}

/**
 * @param place names the metrics in errors
 * @throws IssueError when they are not an object of finite numbers
 */
export function checkMetrics(metrics: unknown, place: string): Metrics {
  if (isObject(metrics) && Object.values(metrics).every(Number.isFinite)) return metrics as Metrics;
  const found = issue('metrics-unreadable', place, 'is not an object of finite numbers', FIX);
  throw new IssueError('metrics', [found]);
}
