import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { sha256File } from '../../../lib/artifact/digest';
import { listFiles } from '../../../lib/artifact/manifest';
import { FIXTURES } from '../support';

/** Signed by the reference implementation: see `test/fixtures/README.md`. */
export const SIGNED = join(FIXTURES, 'signed');

export interface KeyPair {
  readonly privatePem: string;
  readonly publicPem: string;
  readonly privateKey: KeyObject;
}

export function keyPair(namedCurve = 'P-256'): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    privateKey,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Digests of every file but the signature. */
export function digestsOf(directory: string): Record<string, string> {
  const paths = listFiles(directory).filter((path) => path !== 'model.sig');
  return Object.fromEntries(paths.map((path) => [path, sha256File(join(directory, path))]));
}
