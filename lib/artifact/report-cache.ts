import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { CacheDirectory } from './cache-directory';
import type { FileDigests } from './file-digests';
import { attempt } from './json-file';
import { listFiles } from './manifest';
import { parseReport } from './read-report';
import type { VerificationReport } from './report';

/** What a verdict depends on besides the files. */
export type Circumstances = Readonly<Record<string, unknown>>;

export interface VerifiedFiles {
  readonly file: string;
  readonly directory?: string;
  /** Directory of golden samples that is not the package's own. */
  readonly golden?: string;
}

/** Reports of earlier verifications, each by the digest of all that it depends on. */
export class ReportCache {
  constructor(
    private readonly directory: CacheDirectory,
    private readonly digests: FileDigests,
  ) {}

  /**
   * Name of the report of these files.
   *
   * @throws IssueError when a directory holds anything but plain files, such as links
   */
  async keyOf(files: VerifiedFiles, circumstances: Circumstances): Promise<string> {
    const { arch, platform } = process;
    const machine = { arch, platform, processor: cpus()[0]?.model };
    const lines = [JSON.stringify({ ...circumstances, machine })];
    for (const [name, path] of namedFiles(files)) {
      lines.push(`${(await this.digests.of(path)).sha256}  ${name}`);
    }
    return createHash('sha256').update(lines.join('\n')).digest('hex');
  }

  /** A report of this key whose model, weights beside it included, is the one that is there now. */
  async find(key: string, { file }: VerifiedFiles): Promise<VerificationReport | undefined> {
    const json = this.directory.read(`${key}.json`);
    const report = attempt([], () => parseReport(json, key));
    if (report?.verdict !== 'passed') return undefined;
    for (const { file: name, sha256 } of report.model.externalData) {
      const digest = await this.digests.of(join(dirname(file), name)).catch(() => undefined);
      if (digest?.sha256 !== sha256) return undefined;
    }
    return report;
  }

  /** Only what passed is remembered: a failure is looked at again once something was mended. */
  save(key: string, report: VerificationReport): void {
    if (report.verdict === 'passed') this.directory.write(`${key}.json`, report);
  }
}

function namedFiles({ file, directory, golden }: VerifiedFiles): [name: string, path: string][] {
  const below = (root: string, prefix: string): [string, string][] =>
    listFiles(root).map((path) => [`${prefix}/${path}`, join(root, path)]);
  return [
    ...(directory === undefined ? [['model', file] satisfies [string, string]] : below(directory, 'package')),
    ...(golden === undefined ? [] : below(golden, 'golden')),
  ];
}
