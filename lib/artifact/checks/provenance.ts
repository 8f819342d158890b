import { join } from 'node:path';
import { issue } from '../../issue';
import type { FileDigests } from '../file-digests';
import { listFiles, SIGNATURE_FILE } from '../manifest';
import type { PublicKey } from '../provenance/keys';
import { provenanceIssues } from '../provenance/verify-signature';
import { count, judged, type Check, type Outcome } from './check';

/** Every file is one that the holder of the demanded key signed. */
export const provenance: Check = {
  id: 'provenance',
  title: 'Its files are those that the holder of the key signed',
  after: [],
  blocksExecution: true,
  run: ({ file, directory, publicKey = '', digests }) => {
    if (directory === undefined) {
      const fix = 'verify the directory that was signed, or leave out the public key';
      const message = 'is a bare file; a signature is over a directory';
      return judged([issue('provenance-missing', file, message, fix)], 'not signed', '');
    }
    return judgeProvenance(directory, publicKey, digests);
  },
};

/** Whether the holder of the key signed every file of a directory, and no other. */
export async function judgeProvenance(
  directory: string,
  publicKey: PublicKey,
  digests: FileDigests,
): Promise<Outcome> {
  const paths = listFiles(directory).filter((path) => path !== SIGNATURE_FILE);
  const found = await Promise.all(
    paths.map(async (path) => [path, (await digests.of(join(directory, path))).sha256] as const),
  );
  const findings = provenanceIssues(directory, publicKey, Object.fromEntries(found));
  return judged(findings, 'not what the holder of the key signed', `${count(paths.length, 'file')} signed`);
}
