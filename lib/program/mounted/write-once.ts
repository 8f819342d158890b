import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { issue, IssueError } from '../../issue';

/**
 * Copies the files of a directory into another, each once: a file that is there already with the same
 * content is left as it is, and none is replaced, renamed or deleted.
 *
 * @param last a file that is written after all others, to tell that they are complete
 * @throws IssueError when a file is there already with other content
 */
export async function writeOnce(source: string, target: string, last?: string): Promise<void> {
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .sort();
  const ordered = [...files.filter((file) => file !== last), ...files.filter((file) => file === last)];
  for (const file of ordered) await writeFileOnce(join(source, file), join(target, file));
}

async function writeFileOnce(from: string, to: string): Promise<void> {
  if (!existsSync(to)) {
    mkdirSync(dirname(to), { recursive: true });
    // Not copyFile, which sets a mode: objects of a store have none.
    await pipeline(createReadStream(from), createWriteStream(to, { flags: 'wx' }));
    return;
  }
  if ((await digestOf(from)) === (await digestOf(to))) return;
  const message = 'is there already with other content, and nothing is ever overwritten';
  const fix = 'start a new run; delete first what a registration that was cut short left in models/';
  throw new IssueError('outputs', [issue('object-exists', to, message, fix)]);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
