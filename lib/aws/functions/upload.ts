import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { issue, IssueError } from '../../issue';
import { transferAll } from './concurrency';
import { s3Uri, type S3Directory } from './s3-uri';
import { type ObjectName, type PendingObject, uploadParts } from './upload-parts';

/** Larger files travel in parts of this size: a part is held in memory, so that it can be sent again. */
const PART_BYTES = 256 * 2 ** 20;

export interface UploadOptions {
  /** A file that is written after all others, to tell that they are complete. @default - none */
  readonly last?: string;
  /** @default 256 MiB */
  readonly partBytes?: number;
}

/**
 * Copies the files of `directory` under a prefix, each once: an object that is there already with the
 * same content is left as it is.
 *
 * @throws IssueError when an object is there already with other content
 */
export async function upload(
  s3: S3Client,
  directory: string,
  to: S3Directory,
  { last, partBytes = PART_BYTES }: UploadOptions = {},
): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  const write = (path: string) =>
    writeOnce(s3, join(directory, path), { Bucket: to.bucket, Key: to.prefix + path }, partBytes);
  await transferAll(
    paths.filter((path) => path !== last),
    write,
  );
  if (last !== undefined) await write(last);
}

async function writeOnce(s3: S3Client, file: string, to: ObjectName, partBytes: number): Promise<void> {
  const { size } = await stat(file);
  const { checksum, write } =
    size > partBytes ? await uploadParts(s3, file, to, partBytes) : await uploadWhole(s3, file, to);
  try {
    await write();
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.name !== 'PreconditionFailed') throw error;
    const head = await s3.send(new HeadObjectCommand({ ...to, ChecksumMode: 'ENABLED' }));
    // Of an object in parts, S3 tells their number behind a dash.
    if (head.ChecksumSHA256?.replace(/-\d+$/, '') === checksum) return;
    const message = 'is there already with other content, and nothing is ever overwritten';
    const fix = 'start a new run; delete first what a registration that was cut short left in models/';
    throw new IssueError('outputs', [issue('object-exists', s3Uri(to.Bucket, to.Key), message, fix)]);
  }
}

async function uploadWhole(s3: S3Client, file: string, to: ObjectName): Promise<PendingObject> {
  const body = await readFile(file);
  const checksum = createHash('sha256').update(body).digest('base64');
  const command = new PutObjectCommand({
    ...to,
    Body: body,
    ChecksumAlgorithm: 'SHA256',
    ChecksumSHA256: checksum,
    IfNoneMatch: '*',
  });
  return { checksum, write: () => s3.send(command) };
}
