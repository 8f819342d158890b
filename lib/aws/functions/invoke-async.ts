import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { InvokeEndpointAsyncCommand, type SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { parseS3Uri } from './s3-uri';

export interface QueueSettings {
  readonly endpointName: string;
  /** `s3://bucket/path/` that requests are left in. */
  readonly requests: string;
  /** When to give up waiting, in milliseconds since 1970. */
  readonly deadline: number;
}

/** Milliseconds between two looks for an answer. */
const LOOK = 1000;

/**
 * Asks an asynchronous endpoint, and waits for its answer.
 *
 * @throws Error with what the endpoint says of its failure, or when there is no answer in time
 */
export async function invokeAsync(
  s3: S3Client,
  sagemaker: SageMakerRuntimeClient,
  { deadline, endpointName, requests }: QueueSettings,
  body: string,
): Promise<string> {
  const { bucket, prefix } = parseS3Uri(requests, 'requests');
  const Key = `${prefix}${randomUUID()}.json`;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: body, ContentType: 'application/json' }));
  const { FailureLocation, OutputLocation } = await sagemaker.send(
    new InvokeEndpointAsyncCommand({
      EndpointName: endpointName,
      InputLocation: `s3://${bucket}/${Key}`,
      ContentType: 'application/json',
      Accept: 'application/json',
    }),
  );
  for (;;) {
    const answer = await find(s3, OutputLocation);
    if (answer !== undefined) return answer;
    const failure = await find(s3, FailureLocation);
    if (failure !== undefined) throw new Error(`the endpoint failed: ${failure.slice(0, 500)}`);
    if (Date.now() + LOOK > deadline) {
      throw new Error(`no answer in time: request s3://${bucket}/${Key} waits for ${OutputLocation ?? 'it'}`);
    }
    await sleep(LOOK);
  }
}

/** S3 tells who may not list the whole bucket nothing of an object that is not there; a listing of it does. */
async function find(s3: S3Client, uri: string | undefined): Promise<string | undefined> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri ?? '') ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }),
  );
  if (!Contents.some(({ Key }) => Key === key)) return undefined;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body?.transformToString();
}
