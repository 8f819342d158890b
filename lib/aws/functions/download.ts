import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { issue, IssueError } from '../../issue';
import { transferAll } from './concurrency';
import { s3Uri, type S3Directory } from './s3-uri';

/**
 * Copies every object under a prefix to `directory`, which is made.
 *
 * @param name of the input, for messages
 * @throws IssueError when there is none, or a key would leave the directory
 */
export async function download(
  s3: S3Client,
  from: S3Directory,
  directory: string,
  name: string,
): Promise<void> {
  const keys = await listKeys(s3, from);
  if (keys.length === 0) {
    throw problem('input-missing', name, `there is nothing at ${s3Uri(from.bucket, from.prefix)}`);
  }
  const files = keys.map((key) => {
    const file = resolve(directory, key.slice(from.prefix.length));
    if (file.startsWith(directory + sep)) return { key, file };
    throw problem(
      'input-path',
      name,
      `the key ${JSON.stringify(key)} of ${from.bucket} leads out of its directory`,
    );
  });
  await mkdir(directory, { recursive: true });
  await transferAll(files, async ({ key, file }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: from.bucket, Key: key }));
    await mkdir(dirname(file), { recursive: true });
    await pipeline(Body as Readable, createWriteStream(file));
  });
}

/** Keys of all objects under a prefix, but for the empty ones that stand for directories. */
export async function listKeys(s3: S3Client, { bucket, prefix }: S3Directory): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key } of page.Contents ?? []) {
      // Consoles make directories visible with empty objects.
      if (Key !== undefined && !Key.endsWith('/')) keys.push(Key);
    }
  }
  return keys;
}

function problem(code: string, path: string, message: string): IssueError {
  return new IssueError('inputs', [issue(code, path, message, 'run the step that writes this input again')]);
}
