import { verify } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { sha256File } from '../digest';
import { listFiles, SIGNATURE_FILE } from '../manifest';
import { makeBundle, preAuthenticationEncoding } from './bundle';
import { hashOf, keyError, keyHint } from './keys';
import type { Signer } from './signer';
import { makeStatement, type Digests } from './statement';

/**
 * Signs every file of a directory and writes `model.sig` there, a signature of OpenSSF Model Signing
 * 1.0. One that is there already is replaced.
 *
 * @throws IssueError when the directory holds anything but plain files, or the key cannot sign
 */
export async function signDirectory(directory: string, signer: Signer): Promise<void> {
  const paths = listFiles(directory).filter((path) => path !== SIGNATURE_FILE);
  const digests = paths.map((path) => [path, sha256File(join(directory, path))] as const);
  const text = await signDigests(basename(resolve(directory)), Object.fromEntries(digests), signer);
  const file = join(directory, SIGNATURE_FILE);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/**
 * The content of `model.sig` for files whose digests are known.
 *
 * @param name what the signature calls the whole; it is not checked
 */
export async function signDigests(name: string, digests: Digests, signer: Signer): Promise<string> {
  const payload = Buffer.from(JSON.stringify(makeStatement(name, digests, [SIGNATURE_FILE])));
  const signed = preAuthenticationEncoding(payload);
  const [key, signature] = [await signer.publicKey(), await signer.sign(signed)];
  if (!verify(hashOf(key), signed, key, signature)) throw keyError('made a signature that does not hold');
  return `${JSON.stringify(makeBundle(payload, signature, keyHint(key)), null, 2)}\n`;
}
