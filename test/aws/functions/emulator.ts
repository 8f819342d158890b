import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

const SERVE = join(__dirname, '..', '..', '..', 'scripts', 'emulator', 'serve.mjs');

export const BUCKET = 'artifacts';
export const CONFIG = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
};

/** S3 of an emulator on this machine, with one bucket, and what tests do with it. */
export class Emulator {
  static async start(): Promise<Emulator> {
    const server = spawn(process.execPath, [SERVE], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const emulator = new Emulator(url, server);
    await emulator.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return emulator;
  }

  readonly s3: S3Client;

  private constructor(
    readonly url: string,
    private readonly server: ChildProcess,
  ) {
    this.s3 = this.client();
  }

  client(): S3Client {
    return new S3Client({ ...CONFIG, endpoint: this.url });
  }

  async stop(): Promise<void> {
    this.s3.destroy();
    this.server.stdin?.end();
    await once(this.server, 'exit');
  }

  async put(key: string, body: string | Buffer): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  }

  /** Puts the files of a directory under a prefix. */
  async putDirectory(directory: string, prefix: string): Promise<void> {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((file) => file.isFile())) {
      const file = join(entry.parentPath, entry.name);
      await this.put(prefix + relative(directory, file), readFileSync(file));
    }
  }

  async getBytes(key: string): Promise<Uint8Array> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async get(key: string): Promise<string> {
    return Buffer.from(await this.getBytes(key)).toString();
  }

  async delete(prefix: string): Promise<void> {
    for (const key of await this.list(prefix)) {
      await this.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: prefix + key }));
    }
  }

  /** Keys under a prefix, without it. */
  async list(prefix: string): Promise<string[]> {
    const { Contents } = await this.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
    return (Contents ?? []).map(({ Key }) => (Key ?? '').slice(prefix.length));
  }
}
