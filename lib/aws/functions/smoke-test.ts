import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { readGolden } from '../../artifact/golden';
import type { Tolerance } from '../../pipeline/definition';
import { smokeTest, type SmokeTestResult } from '../../serving/smoke-test';
import { download } from './download';
import { parseS3Uri } from './s3-uri';
import { inWorkDirectory } from './work-directory';

export interface SmokeTestEvent {
  readonly endpointName: string;
  /** `s3://bucket/path/` of the directory with `samples.json`. */
  readonly golden: string;
  readonly tolerance: Tolerance;
  readonly runtime: 'onnx' | 'triton';
}

/** Asks a live endpoint every golden sample. An answer outside the tolerance is an error. */
export function createHandler(
  s3: S3Client,
  sagemaker: SageMakerRuntimeClient,
): (event: SmokeTestEvent) => Promise<SmokeTestResult> {
  return ({ endpointName, golden, tolerance, runtime }) =>
    inWorkDirectory(async (directory) => {
      const target = join(directory, 'golden');
      await download(s3, parseS3Uri(golden, 'golden'), target, 'golden');
      return smokeTest(readGolden(target), runtime, tolerance, (body) =>
        invoke(sagemaker, endpointName, body),
      );
    });
}

export const handler = createHandler(new S3Client(), new SageMakerRuntimeClient());

async function invoke(sagemaker: SageMakerRuntimeClient, endpoint: string, body: string): Promise<string> {
  const { Body } = await sagemaker.send(
    new InvokeEndpointCommand({
      EndpointName: endpoint,
      ContentType: 'application/json',
      Accept: 'application/json',
      Body: body,
    }),
  );
  return Body.transformToString();
}
