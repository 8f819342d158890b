import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { hashOf, keyError } from './keys';

/** Whoever holds a private key: a file, or a key management service that never gives it away. */
export interface Signer {
  /** The public half, of curve P-256, P-384 or P-521. */
  readonly publicKey: () => Promise<KeyObject>;
  /** @returns the ECDSA signature over the curve's hash of the bytes, DER-encoded */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Signs with a private key in memory.
 *
 * @param pem PKCS#8 or SEC1
 * @throws IssueError when it is not a private key of P-256, P-384 or P-521, or the passphrase is wrong
 */
export function keySigner(pem: string, passphrase?: string): Signer {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, passphrase });
  } catch (error) {
    throw keyError(`is not readable as a private key: ${(error as Error).message}`, error);
  }
  const hash = hashOf(key);
  return {
    publicKey: () => Promise.resolve(createPublicKey(key)),
    sign: (bytes) => Promise.resolve(sign(hash, bytes, key)),
  };
}
