import { createHash } from 'node:crypto';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { transferAll } from './concurrency';
import { listKeys } from './download';
import type { S3Directory } from './s3-uri';

/**
 * SHA-256, hexadecimal, over path, size and checksum of every object under a prefix, as S3 has them: nothing
 * is downloaded. S3 keeps a checksum of the content with every object that is uploaded today; older ones
 * count by their entity tag.
 */
export async function digestData(s3: S3Client, from: S3Directory): Promise<string> {
  const keys = (await listKeys(s3, from)).sort();
  const lines = new Map<string, string>();
  await transferAll(keys, async (key) => {
    const head = await s3.send(
      new HeadObjectCommand({ Bucket: from.bucket, Key: key, ChecksumMode: 'ENABLED' }),
    );
    const checksum = head.ChecksumSHA256 ?? head.ChecksumCRC64NVME ?? head.ChecksumCRC32 ?? head.ETag ?? '';
    lines.set(key, `${key.slice(from.prefix.length)}\0${head.ContentLength ?? 0}\0${checksum}\n`);
  });
  const hash = createHash('sha256');
  for (const key of keys) hash.update(lines.get(key) ?? '');
  return hash.digest('hex');
}
