import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { issue, IssueError } from '../../issue';
import { transferAll } from './concurrency';
import { s3Uri, type S3Directory } from './s3-uri';

/**
 * Copies the files of `directory` under a prefix, each once: an object that is there already with the
 * same content is left as it is.
 *
 * @param last a file that is written after all others, to tell that they are complete
 * @throws IssueError when an object is there already with other content
 */
export async function upload(s3: S3Client, directory: string, to: S3Directory, last?: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  const write = (path: string) => writeOnce(s3, join(directory, path), to.bucket, to.prefix + path);
  await transferAll(
    paths.filter((path) => path !== last),
    write,
  );
  if (last !== undefined) await write(last);
}

async function writeOnce(s3: S3Client, file: string, bucket: string, key: string): Promise<void> {
  // Whole files, so that a throttled write is tried again; a model fits in memory anyway.
  const body = await readFile(file);
  const digest = createHash('sha256').update(body).digest('base64');
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ChecksumAlgorithm: 'SHA256',
        ChecksumSHA256: digest,
        IfNoneMatch: '*',
      }),
    );
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.name !== 'PreconditionFailed') throw error;
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
    if (head.ChecksumSHA256 === digest) return;
    const message = 'is there already with other content, and nothing is ever overwritten';
    const fix = 'start a new run; delete first what a registration that was cut short left in models/';
    throw new IssueError('outputs', [issue('object-exists', s3Uri(bucket, key), message, fix)]);
  }
}
