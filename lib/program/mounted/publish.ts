import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE, readManifest } from '../../artifact/manifest';
import { modelDigest } from '../../artifact/model-digest';
import { issue, IssueError } from '../../issue';
import { writeOnce } from './write-once';

/**
 * Copies a version to `<versions>/<version>/`, its manifest last: readers see the whole version or none. A
 * version that is there already stays as it is.
 *
 * @throws IssueError when the version is there with another model, or a file of it with other content
 */
export async function publishVersion(directory: string, versions: string): Promise<void> {
  const manifest = readManifest(directory);
  const target = join(versions, manifest.version);
  if (!existsSync(join(target, MANIFEST_FILE))) {
    await writeOnce(directory, target, MANIFEST_FILE);
    return;
  }
  const [digest, published] = [modelDigest(manifest), modelDigest(readManifest(target))];
  if (published === digest) return;
  const message = `holds a model of SHA-256 ${published}, not ${digest}`;
  const fix = 'find out who changed the store; a version never changes';
  throw new IssueError('registry', [issue('version-differs', target, message, fix)]);
}

/**
 * Copies a baseline to `<baselines>/<version>/`. A version keeps the baseline of its first release: later
 * ones measured another machine's latency.
 *
 * @param version directory of the version that was measured
 */
export async function publishBaseline(version: string, baseline: string, baselines: string): Promise<void> {
  const target = join(baselines, readManifest(version).version);
  if (!existsSync(join(target, 'baseline.json'))) await writeOnce(baseline, target);
}
