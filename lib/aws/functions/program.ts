import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KMS } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { awsKmsSigner } from '../../artifact/provenance/aws-kms-signer';
import type { Json } from '../../pipeline/definition';
import { runProgram } from '../../program';
import type { Metrics, ProgramRequest } from '../../program/contract';
import { digestData } from './data-digest';
import { download } from './download';
import { publishBaseline } from './publish-baseline';
import { publishVersion, type PublishedVersion } from './publish-version';
import { recallMeasured } from './recall-measured';
import { parseS3Uri } from './s3-uri';
import type { Transfer } from './transfer';
import { upload } from './upload';
import { inWorkDirectory } from './work-directory';

/** A program request whose directories are prefixes of the artifact store. */
export interface ProgramEvent {
  readonly program: string;
  /** Id of the plan's step, for messages. */
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** `s3://bucket/path/` by name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** `s3://bucket/path/` by name; `metrics` is always one of them. */
  readonly outputs: Readonly<Record<string, string>>;
  /** `s3://bucket/path/` of what the model was trained on, for its digest. @default - no digest */
  readonly data?: string;
}

/** The metrics, and after `register` what it published. */
export type ProgramResult = {
  readonly metrics: Metrics;
  readonly dataDigest?: string;
} & Partial<PublishedVersion>;

/** The output that says why a verification failed, and so is kept when it does. */
const REPORT = 'report';

/**
 * Runs an artifact program on directories of S3. Outputs are written once and never overwritten;
 * `register` publishes its version to `models/<version>/` of the same bucket as well, `baseline` what it
 * measured to `baselines/<version>/`.
 */
export function createHandler(
  s3: S3Client,
  run: (request: ProgramRequest) => Promise<Metrics> = runProgram,
): (event: ProgramEvent) => Promise<ProgramResult> {
  return ({ program, step, parameters, inputs, outputs, data }) =>
    inWorkDirectory(async (directory) => {
      const sources = transfersOf(inputs, join(directory, 'inputs'));
      const targets = transfersOf(outputs, join(directory, 'outputs'));
      for (const { name, s3Directory, path } of sources) await download(s3, s3Directory, path, name);
      for (const { path } of targets) await mkdir(path, { recursive: true });

      const request = {
        schemaVersion: 1,
        program,
        step,
        parameters,
        inputs: pathsOf(sources),
        outputs: pathsOf(targets),
      } as const;
      const metrics =
        (await recallMeasured(s3, program, sources, targets)) ??
        (await run(request).catch(async (error: unknown) => {
          await uploadAll(
            s3,
            targets.filter(({ name }) => name === REPORT),
          ).catch(() => undefined);
          throw error;
        }));
      await uploadAll(s3, targets);
      const published = await publish(s3, program, sources, targets);
      const dataDigest =
        data === undefined ? {} : { dataDigest: await digestData(s3, parseS3Uri(data, 'data')) };
      return { ...published, ...dataDigest, metrics };
    });
}

/** Set by the construct where versions are to be signed: ARN of a key of AWS KMS. */
const { MODEL_PIPELINE_SIGNING_KEY: signingKey } = process.env;
const services = signingKey === undefined ? {} : { signer: awsKmsSigner(new KMS(), signingKey) };

export const handler = createHandler(new S3Client(), (request) => runProgram(request, services));

/** Puts what outlives the run in its place of the store. */
async function publish(
  s3: S3Client,
  program: string,
  sources: readonly Transfer[],
  targets: readonly Transfer[],
): Promise<Partial<PublishedVersion>> {
  const version = [...targets, ...sources].find(({ name }) => name === 'version');
  const baseline = targets.find(({ name }) => name === 'baseline');
  if (version === undefined) return {};
  const { path, s3Directory } = version;
  if (program === 'register') return publishVersion(s3, path, s3Directory.bucket);
  if (baseline !== undefined) await publishBaseline(s3, path, baseline.path, s3Directory.bucket);
  return {};
}

async function uploadAll(s3: S3Client, targets: readonly Transfer[]): Promise<void> {
  for (const { path, s3Directory } of targets) await upload(s3, path, s3Directory);
}

function transfersOf(uris: Readonly<Record<string, string>>, directory: string): Transfer[] {
  return Object.entries(uris).map(([name, uri]) => ({
    name,
    s3Directory: parseS3Uri(uri, name),
    path: join(directory, name),
  }));
}

function pathsOf(transfers: readonly Transfer[]): Record<string, string> {
  return Object.fromEntries(transfers.map(({ name, path }) => [name, path]));
}
