import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KMS } from '@aws-sdk/client-kms';
import {
  awsKmsSigner,
  googleKmsSigner,
  signDirectory,
  type AwsKmsClient,
  type Signer,
} from '../../../lib/artifact';
import { toPem } from '../../../lib/artifact/provenance/keys';
import { provenanceIssues } from '../../../lib/artifact/provenance/verify-signature';
import { temporaryDirectory } from '../support';
import { digestsOf, keyPair } from './support';

jest.setTimeout(60_000);

/** The URL of moto's server, which signs with real keys, once it answers. */
async function startEmulator(): Promise<{ readonly url: string; readonly server: ChildProcess }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const url = `http://127.0.0.1:${port}`;
  const parameters = ['-H', '127.0.0.1', '-p', String(port)];
  const server = spawn(resolve('.venv/bin/moto_server'), parameters, { stdio: 'ignore' });
  for (let tries = 0; tries < 200; tries++) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) return { url, server };
    await sleep(100);
  }
  server.kill('SIGKILL');
  throw new Error('moto_server does not answer');
}

async function issuesOf(signer: Signer): Promise<unknown> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'model.onnx'), 'x');
  await signDirectory(directory, signer);
  return provenanceIssues(directory, toPem(await signer.publicKey()), digestsOf(directory));
}

describe('AWS KMS', () => {
  let emulator: ChildProcess;
  let client: KMS;

  beforeAll(async () => {
    const { url, server } = await startEmulator();
    emulator = server;
    client = new KMS({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
    });
  });

  afterAll(async () => {
    client.destroy();
    emulator.kill('SIGKILL');
    await once(emulator, 'exit');
  });

  /** moto hashes a digest again. A digest is signed as the message itself is, so it gets the message. */
  function withDigests(message: () => Uint8Array): AwsKmsClient {
    return {
      getPublicKey: client.getPublicKey.bind(client),
      sign: ({ Message, MessageType, ...input }) => {
        const hash = input.SigningAlgorithm.replace('ECDSA_SHA_', 'sha');
        expect([MessageType, Buffer.from(Message).toString('hex')]).toEqual([
          'DIGEST',
          createHash(hash).update(message()).digest('hex'),
        ]);
        return client.sign({ ...input, Message: message(), MessageType: 'RAW' });
      },
    };
  }

  test.each(['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] as const)(
    'signs with %s',
    async (KeySpec) => {
      const { KeyMetadata } = await client.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
      let message: Uint8Array = Buffer.of();
      const remote = awsKmsSigner(
        withDigests(() => message),
        KeyMetadata?.KeyId ?? '',
      );
      const sign = (bytes: Uint8Array) => {
        message = bytes;
        return remote.sign(bytes);
      };
      expect(await issuesOf({ publicKey: remote.publicKey, sign })).toEqual([]);
    },
  );

  test('a key of another kind is refused before it signs', async () => {
    const { KeyMetadata } = await client.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    await expect(issuesOf(awsKmsSigner(client, KeyMetadata?.KeyId ?? ''))).rejects.toThrow(
      'key: is of type rsa, curve none; allowed: P-256, P-384, P-521',
    );
  });

  test('answers without content are told', async () => {
    const empty = { getPublicKey: () => Promise.resolve({}), sign: () => Promise.resolve({}) };
    await expect(awsKmsSigner(empty, 'k').publicKey()).rejects.toThrow('k has no public half');
    const { KeyMetadata } = await client.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const unsigned = { ...empty, getPublicKey: client.getPublicKey.bind(client) };
    await expect(awsKmsSigner(unsigned, KeyMetadata?.KeyId ?? '').sign(Buffer.of())).rejects.toThrow(
      'gave no signature',
    );
  });
});

describe('Google Cloud KMS', () => {
  const KEY = 'projects/p/locations/europe/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';
  const { publicPem, privateKey } = keyPair('P-384');
  const servers: Server[] = [];

  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** The service's REST interface over a key of its own, as its reference documents it. */
  async function service(answer: (request: IncomingMessage, body: string) => unknown): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.headers.authorization !== 'Bearer token') {
          response.writeHead(401).end('{"error": {"status": "UNAUTHENTICATED"}}');
          return;
        }
        response.end(JSON.stringify(answer(request, Buffer.concat(chunks).toString())));
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const signer = (endpoint: string, token = 'token') =>
    googleKmsSigner({ keyVersion: KEY, accessToken: () => Promise.resolve(token), endpoint });

  test('signs the digest that its key is for', async () => {
    const data: Buffer[] = [];
    const endpoint = await service(({ method, url }, body) => {
      if (method === 'GET' && url === `/v1/${KEY}/publicKey`) {
        return { pem: publicPem, algorithm: 'EC_SIGN_P384_SHA384', name: KEY };
      }
      expect([method, url]).toEqual(['POST', `/v1/${KEY}:asymmetricSign`]);
      const { digest } = JSON.parse(body) as { digest: { sha384: string } };
      const known = data.find(
        (bytes) => createHash('sha384').update(bytes).digest('base64') === digest.sha384,
      );
      return { signature: sign('sha384', known ?? Buffer.of(), privateKey).toString('base64'), name: KEY };
    });
    const remote = signer(endpoint);
    const spied: Signer = {
      publicKey: remote.publicKey,
      sign: (bytes) => {
        data.push(Buffer.from(bytes));
        return remote.sign(bytes);
      },
    };
    expect(await issuesOf(spied)).toEqual([]);
  });

  test('what the service refuses is told in its words', async () => {
    const endpoint = await service(() => ({}));
    await expect(issuesOf(signer(endpoint, 'other'))).rejects.toThrow(
      `${KEY}/publicKey answered 401: {"error": {"status": "UNAUTHENTICATED"}}`,
    );
  });

  test('an answer of another form is told', async () => {
    const endpoint = await service(() => []);
    await expect(issuesOf(signer(endpoint))).rejects.toThrow('answered no JSON object');
  });
});
