import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { isObject, type JsonObject } from '../json-file';
import { hashOf, keyError } from './keys';
import type { Signer } from './signer';

export interface GoogleKmsSignerOptions {
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/1`. */
  readonly keyVersion: string;
  /** An OAuth access token with `cloudkms.cryptoKeyVersions.useToSign` and `…viewPublicKey`. */
  readonly accessToken: () => Promise<string>;
  /** @default "https://cloudkms.googleapis.com" */
  readonly endpoint?: string;
}

/**
 * Signs with an asymmetric key of Google Cloud KMS: `EC_SIGN_P256_SHA256` or `EC_SIGN_P384_SHA384`.
 *
 * @throws IssueError when the service refuses
 */
export function googleKmsSigner(options: GoogleKmsSignerOptions): Signer {
  let known: Promise<KeyObject> | undefined;
  const publicKey = () =>
    (known ??= call(options, '/publicKey').then(({ pem }) => createPublicKey(String(pem))));
  return {
    publicKey,
    sign: async (bytes) => {
      const hash = hashOf(await publicKey());
      const digest = { [hash]: createHash(hash).update(bytes).digest('base64') };
      const { signature } = await call(options, ':asymmetricSign', { digest });
      return Buffer.from(String(signature), 'base64');
    },
  };
}

async function call(options: GoogleKmsSignerOptions, method: string, body?: object): Promise<JsonObject> {
  const { keyVersion, accessToken, endpoint = 'https://cloudkms.googleapis.com' } = options;
  const response = await fetch(`${endpoint}/v1/${keyVersion}${method}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    redirect: 'error',
  });
  const text = await response.text();
  if (!response.ok)
    throw keyError(`${keyVersion}${method} answered ${response.status}: ${text.slice(0, 500)}`);
  const answer: unknown = JSON.parse(text);
  if (!isObject(answer)) throw keyError(`${keyVersion}${method} answered no JSON object`);
  return answer;
}
