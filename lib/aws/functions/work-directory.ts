import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stepError } from './step-error';

/**
 * Runs `work` in a directory of its own, which is gone afterwards: Lambda hands the same `/tmp` to the
 * next call. Failures leave as a state machine shows them.
 */
export async function inWorkDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'step-'));
  try {
    return await work(directory);
  } catch (error) {
    throw stepError(error, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
