import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Json } from '../../pipeline/definition';
import { runProgram } from '../../program';
import type { Metrics } from '../../program/contract';
import { download } from './download';
import { publishBaseline } from './publish-baseline';
import { publishVersion, type PublishedVersion } from './publish-version';
import { parseS3Uri, type S3Directory } from './s3-uri';
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
}

/** The metrics, and after `register` what it published. */
export type ProgramResult = { readonly metrics: Metrics } & Partial<PublishedVersion>;

/** The output that says why a verification failed, and so is kept when it does. */
const REPORT = 'report';

/**
 * Runs an artifact program on directories of S3. Outputs are written once and never overwritten;
 * `register` publishes its version to `models/<version>/` of the same bucket as well, `baseline` what it
 * measured to `baselines/<version>/`.
 */
export function createHandler(s3: S3Client): (event: ProgramEvent) => Promise<ProgramResult> {
  return ({ program, step, parameters, inputs, outputs }) =>
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
      const metrics = await runProgram(request).catch(async (error: unknown) => {
        await uploadAll(
          s3,
          targets.filter(({ name }) => name === REPORT),
        ).catch(() => undefined);
        throw error;
      });
      await uploadAll(s3, targets);
      return { ...(await publish(s3, program, sources, targets)), metrics };
    });
}

export const handler = createHandler(new S3Client());

/** A directory of the store and its place in the work directory. */
interface Transfer {
  readonly name: string;
  readonly s3Directory: S3Directory;
  readonly path: string;
}

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
