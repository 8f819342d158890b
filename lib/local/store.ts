import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The artifact store as a folder: the layout that S3 and GCS have, written once, never overwritten. */
export class LocalStore {
  constructor(readonly root: string) {}

  /** Ids of all runs, oldest first. */
  runs(): string[] {
    const directory = join(this.root, 'runs');
    return existsSync(directory)
      ? readdirSync(directory)
          .filter((name) => /^\d{4,}$/.test(name))
          .sort()
      : [];
  }

  /** Makes the directory of a new run and returns its id: `0001`, `0002`, … */
  createRun(): string {
    mkdirSync(join(this.root, 'runs'), { recursive: true });
    for (let number = Number(this.runs().at(-1) ?? 0) + 1; ; number += 1) {
      const id = String(number).padStart(4, '0');
      try {
        mkdirSync(this.run(id));
        return id;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  run(id: string): string {
    return join(this.root, 'runs', id);
  }

  /** Copies a finished directory to its place, all at once; one that is there already stays. */
  publish(place: string, from: string): void {
    const target = join(this.root, place);
    if (existsSync(target)) return;
    const partial = `${target}.${process.pid}.partial`;
    cpSync(from, partial, { recursive: true });
    renameSync(partial, target);
  }

  version(version: string): string {
    return join(this.root, 'models', version);
  }

  /** The version that serves; `undefined` before the first release. */
  liveVersion(): string | undefined {
    const file = join(this.root, 'releases', 'live.json');
    if (!existsSync(file)) return undefined;
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }

  markLive(version: string): void {
    writeJson(join(this.root, 'releases', 'live.json'), { version });
  }
}

/** Writes a JSON file so that a reader sees the old content or the new, never a part. */
export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  const partial = join(dirname(file), `.${basename(file)}.${process.pid}`);
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(partial, file);
}
