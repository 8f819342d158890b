import { statSync } from 'node:fs';
import { join } from 'node:path';
import { IssueError } from '../../issue';
import { PACKAGE_VERSION } from '../../package-root';
import { type Outcome, skipped } from '../checks/check';
import { attempt } from '../json-file';
import type { PublicKey } from '../provenance/keys';
import { LANGUAGE_MODEL_FILE } from '../read-report';
import type { CheckResult, VerificationReport } from '../report';
import { summarizeWeights } from '../safetensors/read-weights';
import type { VerifyEvent } from '../verify';
import { judge, LANGUAGE_MODEL_CHECKS, type LanguageModelCheck, provenanceCheck } from './checks';
import { LanguageModelSubject, type SubjectOptions } from './subject';

export interface VerifyLanguageModelOptions extends SubjectOptions {
  /** The version that the model is part of, and who must have signed it. @default - nobody must */
  readonly provenance?: { readonly version: string; readonly publicKey: PublicKey };
  /** Hears of each check as it starts and ends. @default - nobody does */
  readonly onProgress?: (event: VerifyEvent) => void;
}

/**
 * Checks a language model as Hugging Face lays it out and says what was found; a bad model is a report,
 * not an error. Reads every byte twice: once for the digests that the report is bound to, once for the
 * numbers.
 *
 * @param directory with `config.json`, a tokenizer and `*.safetensors`
 * @throws IssueError when there is no `config.json`, or a file was changed meanwhile; the reason of
 * `signal` when it is aborted
 */
export async function verifyLanguageModel(
  directory: string,
  { onProgress, provenance, ...options }: VerifyLanguageModelOptions = {},
): Promise<VerificationReport> {
  const config = join(directory, LANGUAGE_MODEL_FILE);
  if (!statSync(config, { throwIfNoEntry: false })?.isFile()) {
    const fix = 'give a directory as Hugging Face lays a model out: config.json, tokenizer, *.safetensors';
    const missing = { code: 'file-missing', path: config, message: 'does not exist', fix };
    throw new IssueError('verify', [missing]);
  }
  const subject = new LanguageModelSubject(directory, options);
  const { digests } = subject;
  const files = [];
  for (const file of subject.plainFiles()) {
    const { sha256, bytes } = await digests.of(join(directory, file));
    files.push({ file, sha256, bytes });
  }
  const planned = [
    ...(provenance ? [provenanceCheck(provenance.version, provenance.publicKey)] : []),
    ...LANGUAGE_MODEL_CHECKS,
  ];
  const checks: CheckResult[] = [];
  for (const [index, check] of planned.entries()) {
    const { id, title } = check;
    const number = index + 1;
    onProgress?.({ event: 'check-started', id, title, number, of: planned.length });
    const result = { id, title, ...(await runCheck(check, subject, checks)) };
    options.signal?.throwIfAborted();
    checks.push(result);
    onProgress?.({ event: 'check-ended', result });
  }
  await digests.checkUnchanged();
  const [model] = files.filter(({ file }) => file === LANGUAGE_MODEL_FILE);
  if (!model) throw new Error(`${config} was removed while it was verified`);
  return {
    schemaVersion: 1,
    verdict: checks.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed',
    model: { ...model, externalData: files.filter((file) => file !== model) },
    verifier: { version: PACKAGE_VERSION, node: process.version },
    languageModel: attempt([], () => ({ ...subject.config(), ...summarizeWeights(subject.shards()) })),
    checks,
  };
}

async function runCheck(
  check: LanguageModelCheck,
  subject: LanguageModelSubject,
  earlier: readonly CheckResult[],
): Promise<Outcome> {
  const blocker = earlier.find(({ id, verdict }) => check.after.includes(id) && verdict !== 'passed');
  if (blocker) return skipped(`not run, because "${blocker.id}" failed`);
  try {
    return await check.run(subject);
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    return judge(error.issues);
  }
}
