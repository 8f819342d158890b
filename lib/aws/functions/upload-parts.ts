import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export interface ObjectName {
  readonly Bucket: string;
  readonly Key: string;
}

/** An object that is about to be written. */
export interface PendingObject {
  /** SHA-256 as S3 will tell it, in Base64. */
  readonly checksum: string;
  /** Makes the object; fails with `PreconditionFailed` where there is one. */
  readonly write: () => Promise<unknown>;
}

/**
 * Sends a file to S3 part by part. Its checksum is that of objects in parts, the SHA-256 over those of the
 * parts: the same for the same file in parts of the same size.
 */
export async function uploadParts(
  s3: S3Client,
  file: string,
  to: ObjectName,
  partBytes: number,
): Promise<PendingObject> {
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ ...to, ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }),
  );
  const abortOn = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      // What is left of it, the bucket deletes after a week.
      await s3.send(new AbortMultipartUploadCommand({ ...to, UploadId })).catch(() => undefined);
      throw error;
    }
  };
  const parts = await abortOn(sendParts(s3, file, { ...to, UploadId }, partBytes));
  return {
    checksum: compositeOf(parts),
    write: async () => {
      const command = new CompleteMultipartUploadCommand({
        ...to,
        UploadId,
        IfNoneMatch: '*',
        MultipartUpload: { Parts: parts },
      });
      await abortOn(s3.send(command));
    },
  };
}

/** One after another: other files are on their way meanwhile. */
async function sendParts(
  s3: S3Client,
  file: string,
  upload: ObjectName & { readonly UploadId: string | undefined },
  partBytes: number,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(partBytes);
    for (let body = await fill(handle, buffer); body.length > 0; body = await fill(handle, buffer)) {
      const PartNumber = parts.length + 1;
      const ChecksumSHA256 = createHash('sha256').update(body).digest('base64');
      const command = new UploadPartCommand({ ...upload, PartNumber, Body: body, ChecksumSHA256 });
      const { ETag } = await s3.send(command);
      parts.push({ ETag, PartNumber, ChecksumSHA256 });
    }
  } finally {
    await handle.close();
  }
  return parts;
}

async function fill(handle: FileHandle, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function compositeOf(parts: readonly CompletedPart[]): string {
  const hash = createHash('sha256');
  for (const { ChecksumSHA256 = '' } of parts) hash.update(ChecksumSHA256, 'base64');
  return hash.digest('base64');
}
