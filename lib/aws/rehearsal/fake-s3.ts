import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { NoSuchKey, NotFound, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { answerOffline, OFFLINE } from './offline-client';

/** Told of every access before it happens; throws where it is not allowed. */
export type Guard = (action: string, bucket: string, key: string) => void;

interface S3Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly Prefix?: string;
  readonly Body?: Uint8Array | string;
  readonly IfNoneMatch?: string;
}

interface StoredObject {
  readonly body: Buffer;
  readonly lastModified: Date;
}

const BEGINNING = Date.parse('2026-01-01T00:00:00Z');

/** Buckets in memory, in a time of their own: a second goes by with everything that is written. */
export class FakeS3 {
  private readonly objects: Map<string, StoredObject>;
  private time: number;

  /** @param from whose objects it begins with */
  constructor(from?: FakeS3) {
    this.objects = new Map(from?.objects);
    this.time = from?.time ?? BEGINNING;
  }

  get now(): Date {
    return new Date(this.time);
  }

  /** A client whose calls end here, made in the name of whom `guard` stands for. */
  client(guard: Guard): S3Client {
    return answerOffline(new S3Client(OFFLINE), (command, input) => this.answer(command, input, guard));
  }

  get(bucket: string, key: string): Buffer | undefined {
    return this.find(bucket, key)?.body;
  }

  lastModified(bucket: string, key: string): Date | undefined {
    return this.find(bucket, key)?.lastModified;
  }

  put(bucket: string, key: string, body: Uint8Array | string): void {
    this.time += 1000;
    this.objects.set(`${bucket}/${key}`, { body: Buffer.from(body), lastModified: this.now });
  }

  list(bucket: string, prefix: string): string[] {
    const start = `${bucket}/`;
    return [...this.objects.keys()]
      .filter((path) => path.startsWith(start + prefix))
      .map((path) => path.slice(start.length))
      .sort();
  }

  putDirectory(directory: string, bucket: string, prefix: string): void {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      this.put(bucket, prefix + relative(directory, file), readFileSync(file));
    }
  }

  copyTo(directory: string, bucket: string, prefix: string): void {
    mkdirSync(directory, { recursive: true });
    for (const key of this.list(bucket, prefix)) {
      const file = join(directory, key.slice(prefix.length));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, this.get(bucket, key) ?? '');
    }
  }

  private find(bucket: string, key: string): StoredObject | undefined {
    return this.objects.get(`${bucket}/${key}`);
  }

  private answer(command: string, input: S3Input, guard: Guard): object {
    const { Bucket: bucket = '', Key: key = '', Prefix: prefix = '' } = input;
    switch (command) {
      case 'ListObjectsV2Command':
        guard('s3:ListBucket', bucket, prefix);
        return { Contents: this.describeAll(bucket, prefix), $metadata: {} };
      case 'GetObjectCommand':
        return { Body: streamOf(this.read(bucket, key, guard) ?? absent(NoSuchKey)), $metadata: {} };
      case 'HeadObjectCommand':
        return describe(this.read(bucket, key, guard) ?? absent(NotFound));
      case 'PutObjectCommand':
        return this.write(bucket, key, input, guard);
      default:
        throw new Error(`${command} is not rehearsed`);
    }
  }

  private describeAll(bucket: string, prefix: string): object[] {
    return this.list(bucket, prefix).map((Key) => ({
      Key,
      LastModified: this.lastModified(bucket, Key),
    }));
  }

  /** Whoever asks for what is not there must be allowed to list: S3 tells it to nobody else. */
  private read(bucket: string, key: string, guard: Guard): Buffer | undefined {
    guard('s3:GetObject', bucket, key);
    const body = this.get(bucket, key);
    if (body === undefined) guard('s3:ListBucket', bucket, '');
    return body;
  }

  private write(bucket: string, key: string, { Body = '', IfNoneMatch }: S3Input, guard: Guard): object {
    guard('s3:PutObject', bucket, key);
    if (IfNoneMatch === '*' && this.get(bucket, key) !== undefined) {
      throw new S3ServiceException({
        name: 'PreconditionFailed',
        message: 'At least one of the pre-conditions you specified did not hold',
        $fault: 'client',
        $metadata: {},
      });
    }
    this.put(bucket, key, Body);
    return { $metadata: {} };
  }
}

function absent(Absent: typeof NoSuchKey | typeof NotFound): never {
  throw new Absent({ message: 'The specified key does not exist.', $metadata: {} });
}

function describe(body: Buffer): object {
  const ChecksumSHA256 = createHash('sha256').update(body).digest('base64');
  return { ContentLength: body.length, ChecksumSHA256, $metadata: {} };
}

function streamOf(body: Buffer): Readable {
  return Object.assign(Readable.from([body]), { transformToString: () => Promise.resolve(body.toString()) });
}
