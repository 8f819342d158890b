import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { IssueError } from '../issue';
import { PACKAGE_VERSION } from '../package-root';
import { DEFAULT_TOLERANCE, type ModelSignature, type Tolerance } from '../pipeline/definition';
import { CHECKS } from './checks';
import { count, judged, skipped, type Check, type Outcome } from './checks/check';
import { sha256File } from './digest';
import { attempt } from './json-file';
import type { ModelSummary } from './onnx/model-info';
import type { CheckResult, VerificationReport, VerifiedFile } from './report';
import { runtimeVersion } from './runtime/runtime-version';
import { Subject } from './subject';

export interface VerifyOptions {
  /** Accepted difference on the golden samples. @default - 1e-4 absolute, 0 relative */
  readonly tolerance?: Tolerance;
  /** Signature the model is held to, besides the `signature.json` of a directory. @default - none */
  readonly signature?: ModelSignature;
  /** Directory of golden samples. @default - `golden/` of a directory, none for a bare file */
  readonly golden?: string;
  /** A load that takes longer fails. @default 60000 */
  readonly startTimeoutMs?: number;
  /** A run that takes longer fails. @default 30000 */
  readonly runTimeoutMs?: number;
}

/**
 * Checks a model and says what was found; a bad model is a report, not an error.
 *
 * @param target a package or version directory with `model.onnx`, or a bare `.onnx` file
 * @throws IssueError when the target does not exist or onnxruntime-node is not installed
 */
export async function verifyArtifact(
  target: string,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  const place = locate(target);
  const onnxruntime = runtimeVersion();
  const tolerance = {
    absolute: options.tolerance?.absolute ?? DEFAULT_TOLERANCE.absolute,
    relative: options.tolerance?.relative ?? DEFAULT_TOLERANCE.relative,
  };
  const subject = new Subject({ ...options, ...place, tolerance });
  const checks: CheckResult[] = [];
  let latency: VerificationReport['latency'];
  try {
    for (const check of CHECKS) {
      const { latency: measured, ...outcome } = await runCheck(check, subject, checks);
      latency ??= measured;
      checks.push({ id: check.id, title: check.title, ...outcome });
    }
    return {
      schemaVersion: 1,
      verdict: checks.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed',
      model: {
        ...describeFile(place.file, basename(place.file)),
        externalData: externalFiles(subject, checks),
      },
      verifier: { version: PACKAGE_VERSION, onnxruntime, node: process.version },
      tolerance,
      summary: summarize(subject),
      checks,
      latency,
    };
  } finally {
    await subject.close();
  }
}

function locate(target: string): { readonly file: string; readonly directory?: string } {
  const stats = statSync(target, { throwIfNoEntry: false });
  const file = stats?.isDirectory() ? join(target, 'model.onnx') : target;
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const fix = 'give an .onnx file, or a directory with model.onnx';
    throw new IssueError('verify', [{ code: 'file-missing', path: file, message: 'does not exist', fix }]);
  }
  return stats?.isDirectory() ? { file, directory: target } : { file };
}

async function runCheck(check: Check, subject: Subject, earlier: readonly CheckResult[]): Promise<Outcome> {
  const blocker = earlier.find(({ id, verdict }) => check.after.includes(id) && verdict !== 'passed');
  if (blocker?.verdict === 'skipped') return skipped(blocker.detail);
  if (blocker) return skipped(`not run, because "${blocker.id}" failed`);
  if (subject.processGone) return skipped("not run, because the model's process ended in an earlier check");
  try {
    return await check.run(subject);
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    return judged(error.issues, count(error.issues.length, 'problem'), '');
  }
}

/** What the file says about itself; nothing where it is not readable as a model. */
function summarize(subject: Subject): ModelSummary | undefined {
  const info = attempt([], () => subject.model());
  if (!info) return undefined;
  const entries = Object.entries(info).filter(([key]) => key !== 'file' && key !== 'bytes');
  return Object.fromEntries(entries) as unknown as ModelSummary;
}

/** Digests of files that are known to lie in the model's directory. */
function externalFiles(subject: Subject, checks: readonly CheckResult[]): VerifiedFile[] {
  if (!checks.some(({ id, verdict }) => id === 'external-data' && verdict === 'passed')) return [];
  const directory = dirname(subject.file);
  return subject
    .model()
    .externalData.map(({ location }) => describeFile(join(directory, location), location));
}

function describeFile(path: string, file: string): VerifiedFile {
  return { file, sha256: sha256File(path), bytes: statSync(path).size };
}
