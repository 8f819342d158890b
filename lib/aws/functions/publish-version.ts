import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { type Manifest, MANIFEST_FILE, readManifest } from '../../artifact/manifest';
import { modelDigest } from '../../artifact/model-digest';
import { issue, IssueError } from '../../issue';
import { s3Uri } from './s3-uri';
import { upload } from './upload';

/** A version in the artifact store. */
export interface PublishedVersion {
  readonly version: string;
  /** SHA-256 of `model.onnx`, or over all files of a language model, hexadecimal. */
  readonly digest: string;
  /** `s3://bucket/models/<version>/`. */
  readonly modelUri: string;
}

/**
 * Copies a version directory to `models/<version>/` of a bucket, its manifest last: readers see the
 * whole version or none. A version that is there already stays as it is.
 *
 * @throws IssueError when the version is there with another model, or an object of it with other content
 */
export async function publishVersion(
  s3: S3Client,
  directory: string,
  bucket: string,
): Promise<PublishedVersion> {
  const manifest = readManifest(directory);
  const digest = modelDigest(manifest);
  const prefix = `models/${manifest.version}/`;
  const published = await readPublished(s3, bucket, prefix + MANIFEST_FILE);
  if (published === undefined) await upload(s3, directory, { bucket, prefix }, { last: MANIFEST_FILE });
  else if (modelDigest(published) !== digest) {
    const message = `holds a model of SHA-256 ${modelDigest(published)}, not ${digest}`;
    const fix = 'find out who changed the store; a version never changes';
    throw new IssueError('registry', [issue('version-differs', s3Uri(bucket, prefix), message, fix)]);
  }
  return { version: manifest.version, digest, modelUri: s3Uri(bucket, prefix) };
}

async function readPublished(s3: S3Client, bucket: string, key: string): Promise<Manifest | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? '') as Manifest;
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}
