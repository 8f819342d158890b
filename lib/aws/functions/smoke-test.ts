import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { readGolden } from '../../artifact/golden';
import { parsePrompts, type Prompts, PROMPTS_FILE } from '../../artifact/language-model/prompts';
import type { ServingRuntime, Tolerance } from '../../pipeline/definition';
import { smokeTest, type SmokeTestResult } from '../../serving/smoke-test';
import { promptTest, type PromptTestResult } from '../../serving/smoke-test-prompts';
import { download } from './download';
import { invokeAsync } from './invoke-async';
import { parseS3Uri, type S3Directory, s3Uri } from './s3-uri';
import { inWorkDirectory } from './work-directory';

export interface SmokeTestEvent {
  readonly endpointName: string;
  /** `s3://bucket/path/` of the version that was released. */
  readonly version: string;
  readonly tolerance: Tolerance;
  readonly runtime: ServingRuntime;
  /** `s3://bucket/path/` that requests to an asynchronous endpoint are left in; absent where it answers at once. */
  readonly requests?: string;
}

/** Less than the function's timeout: a request that waits is told of. */
const PATIENCE = 9 * 60_000;

/**
 * Asks a live endpoint every golden sample of a version, or has it continue every prompt of a language model.
 * An answer outside the tolerance, or none, is an error.
 */
export function createHandler(
  s3: S3Client,
  sagemaker: SageMakerRuntimeClient,
): (event: SmokeTestEvent) => Promise<SmokeTestResult | PromptTestResult> {
  return ({ endpointName, requests, version, tolerance, runtime }) =>
    inWorkDirectory(async (directory) => {
      const source = parseS3Uri(version, 'version');
      const deadline = Date.now() + PATIENCE;
      const ask = (body: string) =>
        requests === undefined
          ? invoke(sagemaker, endpointName, body)
          : invokeAsync(s3, sagemaker, { endpointName, requests, deadline }, body);
      if (runtime === 'vllm') {
        return promptTest(await fetchPrompts(s3, source), (prompt, tokens) => complete(ask, prompt, tokens));
      }
      const target = join(directory, 'golden');
      await download(s3, { ...source, prefix: `${source.prefix}golden/` }, target, 'golden');
      return smokeTest(readGolden(target), runtime, tolerance, ask);
    });
}

export const handler = createHandler(new S3Client(), new SageMakerRuntimeClient());

/** Nothing but this file is read: beside it lies the model. */
async function fetchPrompts(s3: S3Client, { bucket, prefix }: S3Directory): Promise<Prompts> {
  const Key = `${prefix}${PROMPTS_FILE}`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return parsePrompts(JSON.parse((await Body?.transformToString()) ?? ''), s3Uri(bucket, Key));
}

/**
 * The text that AWS' Large Model Inference container puts after a prompt:
 * https://docs.djl.ai/master/docs/serving/serving/docs/lmi/user_guides/lmi_input_output_schema.html
 */
async function complete(
  ask: (body: string) => Promise<string>,
  prompt: string,
  tokens: number,
): Promise<string> {
  const request = { inputs: prompt, parameters: { max_new_tokens: tokens } };
  const answer = await ask(JSON.stringify(request));
  const { generated_text: text } = JSON.parse(answer) as { generated_text?: unknown };
  if (typeof text === 'string') return text;
  throw new Error(`wanted {"generated_text": "…"}, got ${answer.slice(0, 200)}`);
}

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
