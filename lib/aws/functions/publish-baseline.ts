import { HeadObjectCommand, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { readManifest } from '../../artifact/manifest';
import { upload } from './upload';

/**
 * Copies a baseline to `baselines/<version>/` of a bucket. A version keeps the baseline of its first
 * release: later ones measured another machine's latency.
 *
 * @param version directory of the version that was measured
 */
export async function publishBaseline(
  s3: S3Client,
  version: string,
  baseline: string,
  bucket: string,
): Promise<void> {
  const prefix = `baselines/${readManifest(version).version}/`;
  try {
    await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}baseline.json` }));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await upload(s3, baseline, { bucket, prefix });
  }
}
