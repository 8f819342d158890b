import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { issue, IssueError } from '../issue';
import type { Metrics } from './contract';

/**
 * Reads `metrics.json` of a program's `metrics` directory.
 *
 * @throws IssueError when it is missing, or is not an object of finite numbers
 */
export function readMetrics(directory: string): Metrics {
  const file = join(directory, 'metrics.json');
  try {
    const metrics: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isMetrics(metrics)) return metrics;
  } catch (error) {
    throw refusal(file, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw refusal(file, 'is not an object of finite numbers');
}

function isMetrics(value: unknown): value is Metrics {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(Number.isFinite)
  );
}

function refusal(file: string, message: string): IssueError {
  return new IssueError('metrics', [issue('metrics', file, message, 'Run the step again that wrote it.')]);
}
