import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { IssueError, type Issue } from '../issue';
import { PACKAGE_VERSION } from '../package-root';
import { DEFAULT_TOLERANCE, type ModelSignature, type Tolerance } from '../pipeline/definition';
import { CacheDirectory } from './cache-directory';
import { count, judged, skipped, type Check, type Outcome } from './checks/check';
import { provenance } from './checks/provenance';
import { DigestIndex } from './digest-index';
import { FileDigests } from './file-digests';
import { attempt } from './json-file';
import type { ModelSummary } from './onnx/model-info';
import { planChecks, staticChecks, type CheckSelection } from './plan-checks';
import type { PublicKey } from './provenance/keys';
import { ReportCache } from './report-cache';
import type { CheckResult, VerificationReport, VerifiedFile } from './report';
import type { RuntimePool } from './runtime/runtime-pool';
import { runtimeVersion } from './runtime/runtime-version';
import { Subject } from './subject';

export interface VerifyOptions extends CheckSelection {
  /** Accepted difference on the golden samples. @default - 1e-4 absolute, 0 relative */
  readonly tolerance?: Tolerance;
  /** Signature the model is held to, besides the `signature.json` of a directory. @default - none */
  readonly signature?: ModelSignature;
  /** Directory of golden samples. @default - `golden/` of a directory, none for a bare file */
  readonly golden?: string;
  /** Key whose holder must have signed the directory, as `model.sig` there shows. @default - not asked for */
  readonly publicKey?: PublicKey;
  /** A load that takes longer fails. @default 60000 */
  readonly startTimeoutMs?: number;
  /** A run that takes longer fails. @default 30000 */
  readonly runTimeoutMs?: number;
  /** Memory the model's process may take, in MiB. @default - three quarters of the machine's */
  readonly memoryMiB?: number;
  /**
   * Processes to run the model in, for many models: starting one takes longer than most models need.
   * Its own memory limit and signal hold.
   * @default - a process of its own
   */
  readonly pool?: RuntimePool;
  /**
   * Directory of earlier reports: a model is not verified again while no file, option or version of
   * what verifies it changed. Whoever can write there can forge a verdict, so it is made for its owner
   * only, and refused where others may write. Not used along with `checks` of your own.
   * @default - nothing is remembered
   */
  readonly cache?: string;
  /** Ends the verification: its process is killed, and the promise rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears of each check as it starts and ends. @default - nobody does */
  readonly onProgress?: (event: VerifyEvent) => void;
}

export type VerifyEvent =
  | {
      readonly event: 'check-started';
      readonly id: string;
      readonly title: string;
      /** From 1. */
      readonly number: number;
      readonly of: number;
    }
  | { readonly event: 'check-ended'; readonly result: CheckResult }
  /** Nothing changed since the report that was found. */
  | { readonly event: 'cached' };

interface Place {
  readonly file: string;
  readonly directory?: string;
}

/**
 * Checks a model and says what was found; a bad model is a report, not an error.
 *
 * @param target a package or version directory with `model.onnx`, or a bare `.onnx` file
 * @throws IssueError when the target does not exist, or was changed meanwhile, when onnxruntime-node is
 * not installed, or an option is wrong; the reason of `signal` when it is aborted
 */
export async function verifyArtifact(
  target: string,
  options: VerifyOptions = {},
): Promise<VerificationReport> {
  options.signal?.throwIfAborted();
  const place = locate(target);
  const verifier = { version: PACKAGE_VERSION, onnxruntime: runtimeVersion(), node: process.version };
  const tolerance = {
    absolute: options.tolerance?.absolute ?? DEFAULT_TOLERANCE.absolute,
    relative: options.tolerance?.relative ?? DEFAULT_TOLERANCE.relative,
  };
  const checks = planChecks(options, options.publicKey === undefined ? [] : [provenance]);
  const verification = { ...options, ...place, tolerance, verifier, plan: checks };
  if (options.cache === undefined || (options.checks?.length ?? 0) > 0) {
    return verifyFiles(verification, new FileDigests(options.signal));
  }

  const directory = CacheDirectory.open(options.cache);
  const index = new DigestIndex(directory);
  const digests = new FileDigests(options.signal, index);
  const cache = new ReportCache(directory, digests);
  const files = { ...place, golden: options.golden };
  const key = await cache.keyOf(files, circumstances(verification)).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    if (error instanceof IssueError) return undefined;
    throw error;
  });
  const known = key === undefined ? undefined : await cache.find(key, files);
  index.save();
  if (known) {
    options.onProgress?.({ event: 'cached' });
    return known;
  }
  const report = await verifyFiles(verification, digests);
  index.save();
  if (key !== undefined) cache.save(key, report);
  return report;
}

/**
 * What is wrong with a model as a file, found without executing it: for what runs a model before it can
 * be verified.
 *
 * @throws IssueError when the target does not exist
 */
export async function scanModel(target: string): Promise<Issue[]> {
  const subject = new Subject({ ...locate(target), tolerance: DEFAULT_TOLERANCE });
  const results: CheckResult[] = [];
  for (const check of staticChecks()) {
    const { id, title } = check;
    results.push({ id, title, ...(await runCheck(check, subject, results, {})) });
  }
  return results.flatMap(({ findings }) => findings);
}

interface Verification extends VerifyOptions, Place {
  readonly tolerance: Required<Tolerance>;
  readonly verifier: VerificationReport['verifier'];
  readonly plan: readonly Check[];
}

/** What a verdict depends on, besides files and machine. */
function circumstances(verification: Verification): Readonly<Record<string, unknown>> {
  const { tolerance, verifier, signature, exclude, startTimeoutMs, runTimeoutMs, memoryMiB } = verification;
  const publicKey = verification.publicKey?.toString();
  const checks = verification.plan.map(({ id }) => id);
  const name = basename(verification.file);
  return {
    name,
    checks,
    exclude,
    memoryMiB,
    publicKey,
    runTimeoutMs,
    signature,
    startTimeoutMs,
    tolerance,
    verifier,
  };
}

async function verifyFiles(verification: Verification, digests: FileDigests): Promise<VerificationReport> {
  const { file, plan, tolerance, verifier, signal, exclude = {}, onProgress } = verification;
  const subject = new Subject(verification, digests);
  const results: CheckResult[] = [];
  let latency: VerificationReport['latency'];
  digests.start(file);
  try {
    for (const [index, check] of plan.entries()) {
      const { id, title } = check;
      onProgress?.({ event: 'check-started', id, title, number: index + 1, of: plan.length });
      const { latency: measured, ...outcome } = await runCheck(check, subject, results, exclude);
      signal?.throwIfAborted();
      latency ??= measured;
      const result = { id, title, ...outcome };
      results.push(result);
      onProgress?.({ event: 'check-ended', result });
    }
    const model = {
      ...(await describeFile(digests, file, basename(file))),
      externalData: await externalFiles(digests, subject, results),
    };
    await digests.checkUnchanged();
    return {
      schemaVersion: 1,
      verdict: results.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed',
      model,
      verifier,
      tolerance,
      summary: summarize(subject),
      checks: results,
      latency,
    };
  } finally {
    await subject.close();
  }
}

function locate(target: string): Place {
  const stats = statSync(target, { throwIfNoEntry: false });
  const file = stats?.isDirectory() ? join(target, 'model.onnx') : target;
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    const fix = 'give an .onnx file, or a directory with model.onnx, or with config.json of a language model';
    throw new IssueError('verify', [{ code: 'file-missing', path: file, message: 'does not exist', fix }]);
  }
  return stats?.isDirectory() ? { file, directory: target } : { file };
}

async function runCheck(
  check: Check,
  subject: Subject,
  earlier: readonly CheckResult[],
  exclude: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const isExcluded = (id: string) => Object.hasOwn(exclude, id);
  if (isExcluded(check.id)) return skipped(`not run, as asked: ${exclude[check.id] ?? ''}`);
  const blocker = earlier.find(
    ({ id, verdict }) => check.after.includes(id) && verdict !== 'passed' && !isExcluded(id),
  );
  if (blocker?.verdict === 'skipped') return skipped(blocker.detail);
  if (blocker) return skipped(`not run, because "${blocker.id}" failed`);
  if (subject.processGone) return skipped("not run, because the model's process ended in an earlier check");
  const outcome = await runToOutcome(check, subject);
  if (check.blocksExecution && outcome.verdict === 'failed') subject.forbidExecution(check.id);
  return outcome;
}

async function runToOutcome(check: Check, subject: Subject): Promise<Outcome> {
  try {
    return await check.run(subject);
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    if (subject.refused(error)) return skipped(`not run, because "${subject.forbiddenBy ?? ''}" failed`);
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
async function externalFiles(
  digests: FileDigests,
  subject: Subject,
  checks: readonly CheckResult[],
): Promise<VerifiedFile[]> {
  if (!checks.some(({ id, verdict }) => id === 'external-data' && verdict === 'passed')) return [];
  const directory = dirname(subject.file);
  const files = subject.model().externalData.map(({ location }) => location);
  return Promise.all(files.map((location) => describeFile(digests, join(directory, location), location)));
}

async function describeFile(digests: FileDigests, path: string, file: string): Promise<VerifiedFile> {
  const { sha256, bytes } = await digests.of(path);
  return { file, sha256, bytes };
}
