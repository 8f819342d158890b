import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { compareTensors, DEFAULT_TOLERANCE } from '../../artifact/compare';
import { type GoldenSample, readGolden } from '../../artifact/golden';
import { issue, IssueError } from '../../issue';
import type { Tolerance } from '../../pipeline/definition';
import { download } from './download';
import { answeredTensor, requestFor } from './golden-exchange';
import { parseS3Uri } from './s3-uri';
import { inWorkDirectory } from './work-directory';

export interface SmokeTestEvent {
  readonly endpointName: string;
  /** `s3://bucket/path/` of the directory with `samples.json`. */
  readonly golden: string;
  readonly tolerance: Tolerance;
  readonly runtime: 'onnx' | 'triton';
}

export interface SmokeTestResult {
  /** Golden samples that were answered within the tolerance: all of them. */
  readonly samples: number;
  /** Largest difference of any element. */
  readonly maxAbsoluteDifference: number;
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
      const { samples } = readGolden(target);
      let maxAbsoluteDifference = 0;
      for (const sample of samples) {
        const answer = await invoke(sagemaker, endpointName, requestFor(sample, runtime));
        const difference = largestDifference(sample, answer, tolerance);
        maxAbsoluteDifference = Math.max(maxAbsoluteDifference, difference);
      }
      return { samples: samples.length, maxAbsoluteDifference };
    });
}

export const handler = createHandler(new S3Client(), new SageMakerRuntimeClient());

async function invoke(sagemaker: SageMakerRuntimeClient, endpoint: string, body: object): Promise<unknown> {
  const { Body } = await sagemaker.send(
    new InvokeEndpointCommand({
      EndpointName: endpoint,
      ContentType: 'application/json',
      Accept: 'application/json',
      Body: JSON.stringify(body),
    }),
  );
  const text = Body.transformToString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw problem('smoke-test-answer', endpoint, `answered no JSON: ${text.slice(0, 200)}`);
  }
}

function largestDifference(sample: GoldenSample, answer: unknown, tolerance: Tolerance): number {
  const differences = Object.entries(sample.outputs).map(([name, expected]) => {
    const path = `sample ${sample.id}, output ${name}`;
    const actual = answeredTensor(answer, name, expected, path);
    const { passed, maxAbsolute } = compareTensors(actual, expected, tolerance);
    if (passed) return maxAbsolute;
    const { absolute, relative } = { ...DEFAULT_TOLERANCE, ...tolerance };
    const message = `differs by ${maxAbsolute}, allowed: ${absolute} absolute + ${relative} relative`;
    throw problem('smoke-test-difference', path, message);
  });
  return Math.max(...differences);
}

function problem(code: string, path: string, message: string): IssueError {
  const fix = 'compare the version that is live with the one that was released';
  return new IssueError('smoke test', [issue(code, path, message, fix)]);
}
