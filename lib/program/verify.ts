import { join } from 'node:path';
import { verifyArtifact, verifyLanguageModel, type Verdict, type VerificationReport } from '../artifact';
import { isLanguageModelSignature, parseLanguageModelSignature } from '../artifact/language-model/signature';
import { digestDirectory, type FileDigest } from '../artifact/manifest';
import { reportIssues } from '../artifact/read-report';
import { parseSignature } from '../artifact/signature';
import { throwIssues } from '../issue';
import type { Tolerance } from '../pipeline/definition';
import type { Metrics, ProgramRequest } from './contract';
import { loadTimeoutMs } from './load-timeout';
import { inputOf, outputOf, parameterOf, writeJson } from './support';

/**
 * Verifies a package, or the directory of a language model, and writes `verification.json`, whatever the
 * verdict. With the parameter `publicKey`, the holder of that key must have signed the package.
 *
 * @throws IssueError with all findings when a check failed, or one that deployment demands was skipped
 */
export async function verify(request: ProgramRequest): Promise<Metrics> {
  const directory = inputOf(request, 'model');
  const report = await makeReport(request, directory);
  const file = join(outputOf(request, 'report'), 'verification.json');
  writeJson(file, report);
  const subject = `verification of ${directory}`;
  throwIssues(
    subject,
    report.checks.flatMap(({ findings }) => findings),
  );
  const files = digestDirectory(directory, digestsOf(report));
  throwIssues(subject, reportIssues(report, { file, directory, files }));
  return verificationMetrics(report);
}

function makeReport(request: ProgramRequest, directory: string): Promise<VerificationReport> {
  const json = parameterOf(request, 'signature');
  if (isLanguageModelSignature(json)) {
    const signature = parseLanguageModelSignature(json, 'parameters.signature');
    return verifyLanguageModel(directory, { signature });
  }
  return verifyArtifact(directory, {
    signature: parseSignature(json, 'parameters.signature'),
    tolerance: request.parameters.tolerance as Tolerance | undefined,
    publicKey: request.parameters.publicKey as string | undefined,
    startTimeoutMs: loadTimeoutMs(directory),
  });
}

/** Of files that were read just now, and did not change since. */
function digestsOf({ model }: VerificationReport): Record<string, FileDigest> {
  const { externalData, ...first } = model;
  return Object.fromEntries([first, ...externalData].map(({ file, ...digest }) => [file, digest]));
}

export function verificationMetrics(report: VerificationReport): Metrics {
  return {
    checks_passed: count(report, 'passed'),
    checks_skipped: count(report, 'skipped'),
    ...(report.latency && { latency_p50_ms: report.latency.p50Ms, latency_p99_ms: report.latency.p99Ms }),
  };
}

function count({ checks }: VerificationReport, verdict: Verdict): number {
  return checks.filter((check) => check.verdict === verdict).length;
}
