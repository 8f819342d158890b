import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, Signer } from '../artifact';
import { type FileDigest, MANIFEST_FILE, renderManifest, SIGNATURE_FILE } from '../artifact/manifest';
import { signDigests } from '../artifact/provenance/sign';

/**
 * Completes a version: the signature over all files and the manifest, where there is a signer, and the
 * manifest last.
 *
 * @param files digests of every file that is there, as `digestDirectory` gives them
 */
export async function sealVersion(
  directory: string,
  about: Omit<Manifest, 'schemaVersion' | 'files'>,
  files: Readonly<Record<string, FileDigest>>,
  signer: Signer | undefined,
): Promise<void> {
  const manifest = renderManifest(about, files);
  if (signer) {
    const sha256 = createHash('sha256').update(manifest).digest('hex');
    const signed = { ...sha256Of(files), [MANIFEST_FILE]: sha256 };
    writeFileSync(join(directory, SIGNATURE_FILE), await signDigests(about.pipeline, signed, signer));
  }
  writeFileSync(join(directory, MANIFEST_FILE), manifest);
}

export function sha256Of(files: Readonly<Record<string, FileDigest>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, { sha256 }]) => [path, sha256]));
}
