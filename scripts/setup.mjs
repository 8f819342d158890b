// Makes the development environment from the project's own files: node_modules and .venv.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished, run } from './process.mjs';

export const root = join(import.meta.dirname, '..');
export const python = join(root, '.venv', 'bin', 'python');

/** Installs what is missing or out of date; the two installers run side by side. */
export async function setup() {
  await Promise.all([installNode(), installPython()]);
}

export async function installNode() {
  // Like `npm ci`, which refuses a lock file that was made on another platform.
  await once('node_modules', ['package-lock.json'], () =>
    run('npm', ['install', '--no-save', '--loglevel=error'], { cwd: root }),
  );
}

export async function installPython() {
  await once('.venv', ['stages/pyproject.toml'], async () => {
    await run('python3', ['-m', 'venv', '.venv'], { cwd: root });
    await run(python, ['-m', 'pip', 'install', '--quiet', '--editable', './stages[dev,emulator]'], {
      cwd: root,
    });
  });
}

/** Installs unless the directory was made from just these files before. */
async function once(directory, files, install) {
  const digest = createHash('sha256');
  for (const file of files) digest.update(readFileSync(join(root, file)));
  const wanted = digest.digest('hex');
  const stamp = join(root, directory, '.setup');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log(`setting up ${directory} from ${files.join(', ')}`);
  await finished(directory, install);
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === import.meta.filename) await setup();
