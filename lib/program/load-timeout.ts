import { statSync } from 'node:fs';
import { join } from 'node:path';
import { WEIGHTS_FILE } from '../artifact/manifest';

const LEAST_MS = 60_000;
/** A disk that nothing of the model was read from yet, and that is not the fastest. */
const BYTES_PER_MS = (50 * 2 ** 20) / 1000;

/** How long the model of a package may take to load, in milliseconds: a minute, and a second for each 50 MiB. */
export function loadTimeoutMs(directory: string): number {
  const bytes = ['model.onnx', WEIGHTS_FILE].map(
    (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return LEAST_MS + Math.ceil(bytes.reduce((sum, size) => sum + size, 0) / BYTES_PER_MS);
}
