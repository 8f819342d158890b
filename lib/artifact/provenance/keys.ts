import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { IssueError } from '../../issue';

/** An ECDSA public key of curve P-256, P-384 or P-521, as PEM. */
export type PublicKey = string;

/** Each curve with the hash that matches its size, as OpenSSF Model Signing has them. */
const HASHES = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' } as const;
export type SigningHash = (typeof HASHES)[keyof typeof HASHES];

/** @throws IssueError when it is not a key that models are signed with */
export function parsePublicKey(pem: PublicKey): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw keyError(`is not readable: ${(error as Error).message}`, error);
  }
  hashOf(key);
  return key;
}

/**
 * The hash that signatures with this key are made over.
 *
 * @throws IssueError when it is of another kind
 */
export function hashOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningHash {
  const curve = asymmetricKeyDetails?.namedCurve ?? 'none';
  const hash = Object.entries(HASHES).find(([name]) => name === curve)?.[1];
  if (hash === undefined) {
    throw keyError(
      `is of type ${asymmetricKeyType ?? 'unknown'}, curve ${curve}; allowed: P-256, P-384, P-521`,
    );
  }
  return hash;
}

/** What a signature says of its key: the SHA-256 of the public key as PEM, hexadecimal. */
export function keyHint(key: KeyObject): string {
  return createHash('sha256').update(toPem(key)).digest('hex');
}

export function toPem(key: KeyObject): PublicKey {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export function keyError(message: string, cause?: unknown): IssueError {
  const fix =
    'make a key: openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out key.pem';
  return new IssueError('key', [{ code: 'provenance-key', path: 'key', message, fix }], { cause });
}
