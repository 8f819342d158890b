import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { issue, IssueError } from '../../issue';
import { decideGate, type GateVerdict } from '../../pipeline/plan/gate';
import type { GateRule } from '../../pipeline/plan/plan';
import type { Metrics } from '../../program/contract';
import { checkMetrics } from '../../program/metrics';
import { parseS3Uri, s3Uri } from './s3-uri';
import { stepError } from './step-error';

export interface GateEvent {
  readonly rules: readonly GateRule[];
  /** `s3://bucket/path/` of the directory with the `metrics.json` that is judged. */
  readonly metrics: string;
  /** The same of the model before the step that is judged. */
  readonly baseline?: string;
}

/** Decides a gate of the plan. A rejection is an answer, not an error. */
export function createHandler(s3: S3Client): (event: GateEvent) => Promise<GateVerdict> {
  return async ({ rules, metrics, baseline }) => {
    try {
      return decideGate(
        rules,
        await readMetrics(s3, metrics, 'metrics'),
        baseline === undefined ? undefined : await readMetrics(s3, baseline, 'baseline'),
      );
    } catch (error) {
      throw stepError(error);
    }
  };
}

export const handler = createHandler(new S3Client());

async function readMetrics(s3: S3Client, uri: string, name: string): Promise<Metrics> {
  const { bucket, prefix } = parseS3Uri(uri, name);
  const key = `${prefix}metrics.json`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return checkMetrics(JSON.parse((await Body?.transformToString()) ?? ''), s3Uri(bucket, key));
  } catch (error) {
    const message = problemOf(error);
    if (message === undefined) throw error;
    const fix = 'run the step that measures again';
    throw new IssueError('gate', [issue('metrics-unreadable', s3Uri(bucket, key), message, fix)], {
      cause: error,
    });
  }
}

function problemOf(error: unknown): string | undefined {
  if (error instanceof NoSuchKey) return 'does not exist';
  return error instanceof SyntaxError ? `is not JSON: ${error.message}` : undefined;
}
