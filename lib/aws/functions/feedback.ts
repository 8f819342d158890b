import { createHash } from 'node:crypto';
import {
  type _Object,
  GetObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ExecutionAlreadyExists,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { digestOf } from '../../feedback/sample-digest';
import { transferAll } from './concurrency';

export interface FeedbackEvent {
  readonly bucket: string;
  /** Directory of the samples: `feedback/<pipeline>/`. */
  readonly prefix: string;
  readonly pipeline: string;
  /** New samples that start a run. */
  readonly retrainAfterSamples: number;
  readonly stateMachineArn: string;
}

export interface FeedbackResult {
  readonly outcome: 'started' | 'too few samples' | 'a run is active' | 'no version is live';
  /** Valid samples that no run has seen, each once; absent where they were not counted. */
  readonly newSamples?: number;
}

/**
 * Starts a run once enough samples came that no run has seen. It counts what is there rather than events,
 * so that an event that comes twice, late or never changes nothing.
 */
export function createHandler(
  s3: S3Client,
  sfn: SFNClient,
  tell: (line: string) => void,
): (event: FeedbackEvent) => Promise<FeedbackResult> {
  return async (event) => {
    const { bucket, prefix, retrainAfterSamples, stateMachineArn } = event;
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }));
    const newest = executions?.[0];
    if (newest?.status === 'RUNNING') return { outcome: 'a run is active' };
    // Every run reads all feedback when it starts. Runs are forgotten after 90 days, releases never.
    const since = newest?.startDate ?? (await releasedAt(s3, bucket));
    if (since === undefined) return { outcome: 'no version is live' };

    const objects = await listSamples(s3, bucket, prefix);
    const [before, after] = [objects.filter(isBefore(since)), objects.filter(isAfter(since))];
    const samples = await readSamples(s3, bucket, after);
    if (samples.size >= retrainAfterSamples) {
      for (const seen of await readSamples(s3, bucket, before)) samples.delete(seen);
    }
    tell(renderMetric(event, samples.size));
    if (samples.size < retrainAfterSamples) return { outcome: 'too few samples', newSamples: samples.size };
    await start(sfn, stateMachineArn, newest?.executionArn ?? since.toISOString());
    return { outcome: 'started', newSamples: samples.size };
  };
}

export const handler = createHandler(new S3Client(), new SFNClient(), (line) => process.stdout.write(line));

const LIVE = 'releases/live.json';

const isAfter =
  (time: Date) =>
  ({ LastModified }: _Object): boolean =>
    LastModified !== undefined && LastModified > time;
const isBefore = (time: Date) => (object: _Object) => !isAfter(time)(object);

/** S3 tells who may not list the whole bucket nothing of an object that is not there; a listing of it does. */
async function releasedAt(s3: S3Client, bucket: string): Promise<Date | undefined> {
  const live = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: LIVE, MaxKeys: 1 }));
  return live.Contents?.[0]?.LastModified;
}

async function listSamples(s3: S3Client, bucket: string, prefix: string): Promise<_Object[]> {
  const objects: _Object[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    objects.push(...(page.Contents ?? []).filter(({ Key }) => Key?.endsWith('.jsonl')));
  }
  return objects;
}

/** Digests of the inputs of all valid samples. */
async function readSamples(s3: S3Client, bucket: string, objects: readonly _Object[]): Promise<Set<string>> {
  const digests = new Set<string>();
  await transferAll(objects, async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const text = (await Body?.transformToString()) ?? '';
    for (const line of text.split('\n')) {
      const digest = digestOf(line);
      if (digest !== undefined) digests.add(digest);
    }
  });
  return digests;
}

/** Two calls that saw the same newest run start one run: it has the same name. */
async function start(sfn: SFNClient, stateMachineArn: string, after: string): Promise<void> {
  const name = `feedback-${createHash('sha256').update(after).digest('hex').slice(0, 16)}`;
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/** A metric in CloudWatch's embedded format: a line of the log. */
function renderMetric({ pipeline }: FeedbackEvent, newSamples: number): string {
  const metric = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        { Namespace: 'ModelPipeline', Dimensions: [['Pipeline']], Metrics: [{ Name: 'NewFeedbackSamples' }] },
      ],
    },
    Pipeline: pipeline,
    NewFeedbackSamples: newSamples,
  };
  return `${JSON.stringify(metric)}\n`;
}
