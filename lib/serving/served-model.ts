import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { VerifiedArtifact } from '../artifact';
import { issue, throwIssues, type Issue } from '../issue';

/** What the server needs of a version. A `VerifiedArtifact` is one. */
export type ServedModel = Pick<
  VerifiedArtifact,
  'directory' | 'pipeline' | 'version' | 'digest' | 'signature' | 'report'
>;

/**
 * Holds the bytes that are about to be loaded to the report of their verification.
 *
 * @throws IssueError when the report failed, is of another model, or a file changed since
 */
export async function checkBytes({ directory, digest, report }: ServedModel): Promise<void> {
  const issues: Issue[] = [];
  if (report.verdict !== 'passed' || report.model.sha256 !== digest) {
    issues.push(unverified('verification.json', 'does not say that this model passed', directory));
  }
  for (const { file, sha256 } of [report.model, ...report.model.externalData]) {
    const actual = await sha256Of(join(directory, file));
    if (actual !== sha256) {
      issues.push(unverified(file, `has the SHA-256 ${actual}, the one verified has ${sha256}`, directory));
    }
  }
  throwIssues('model', issues);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function unverified(path: string, message: string, directory: string): Issue {
  return issue('model-unverified', path, message, `verify it: model-pipeline verify ${directory}`);
}
