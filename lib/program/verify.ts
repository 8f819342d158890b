import { join } from 'node:path';
import { verifyArtifact, type Verdict, type VerificationReport } from '../artifact';
import { digestDirectory } from '../artifact/manifest';
import { reportIssues } from '../artifact/read-report';
import { parseSignature } from '../artifact/signature';
import { throwIssues } from '../issue';
import type { Tolerance } from '../pipeline/definition';
import type { Metrics, ProgramRequest } from './contract';
import { inputOf, outputOf, parameterOf, writeJson } from './support';

/**
 * Verifies a package and writes `verification.json`, whatever the verdict. With the parameter
 * `publicKey`, the holder of that key must have signed the package.
 *
 * @throws IssueError with all findings when a check failed, or one that deployment demands was skipped
 */
export async function verify(request: ProgramRequest): Promise<Metrics> {
  const directory = inputOf(request, 'model');
  const { tolerance, publicKey } = request.parameters;
  const report = await verifyArtifact(directory, {
    signature: parseSignature(parameterOf(request, 'signature'), 'parameters.signature'),
    tolerance: tolerance as Tolerance | undefined,
    publicKey: publicKey as string | undefined,
  });
  const file = join(outputOf(request, 'report'), 'verification.json');
  writeJson(file, report);
  const subject = `verification of ${directory}`;
  throwIssues(
    subject,
    report.checks.flatMap(({ findings }) => findings),
  );
  throwIssues(subject, reportIssues(report, { file, directory, files: digestDirectory(directory) }));
  return verificationMetrics(report);
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
