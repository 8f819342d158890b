import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileChunks } from '../../onnx/tensor-bytes';
import { externalEntry, isExternal, tensorsOf } from '../../onnx/tensors';
import type { Rule } from './rule';

/** A file of external data has the SHA-1 that the model tells of it, where it tells one. Runtimes ignore it. */
export const externalChecksum: Rule = ({ file, model }) => {
  const told = new Map<string, Set<string>>();
  for (const { tensor } of tensorsOf(model).filter((located) => isExternal(located.tensor))) {
    const checksum = externalEntry(tensor, 'checksum');
    const location = externalEntry(tensor, 'location') ?? '';
    if (checksum !== undefined)
      told.set(location, (told.get(location) ?? new Set()).add(checksum.toLowerCase()));
  }
  return [...told].flatMap(([location, checksums]) => {
    const actual = sha1(join(dirname(file), location));
    const wrong = [...checksums].find((checksum) => checksum !== actual);
    if (wrong === undefined) return [];
    const message = `external data "${location}" has the SHA-1 ${actual}; the model says ${wrong}`;
    const fix = 'fetch model and weights again from one source; one of them was exchanged or damaged';
    return [{ code: 'external-checksum', path: file, message, fix }];
  });
};

function sha1(file: string): string {
  const hash = createHash('sha1');
  for (const chunk of fileChunks(file, { offset: 0, length: Infinity })) hash.update(chunk);
  return hash.digest('hex');
}
