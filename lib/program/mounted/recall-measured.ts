import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestDirectory } from '../../artifact/manifest';
import { readReport, reportIssues } from '../../artifact/read-report';
import { type Baseline, baselineMetrics } from '../baseline';
import type { Metrics, ProgramRequest } from '../contract';
import { inputOf, outputOf } from '../support';
import { verificationMetrics } from '../verify';

/** The output that a program measures: times, which differ from try to try. */
const MEASURED: Readonly<Record<string, readonly [output: string, file: string]>> = {
  verify: ['report', 'verification.json'],
  baseline: ['baseline', 'baseline.json'],
};

/**
 * What an earlier try of the same step measured and wrote before it was cut short: outputs are written
 * once, and measuring again would give others. A report counts only if it passed, for these very bytes.
 *
 * @param stored where the outputs are kept
 * @returns the metrics, with what was measured among the request's outputs; `undefined` where the program is to run
 */
export function recallMeasured(
  request: ProgramRequest,
  stored: Readonly<Record<string, string>>,
): Metrics | undefined {
  const [output, name] = MEASURED[request.program] ?? [];
  const directory = output === undefined ? undefined : stored[output];
  if (output === undefined || name === undefined || directory === undefined) return undefined;
  const file = join(directory, name);
  if (!existsSync(file)) return undefined;
  const metrics = request.program === 'verify' ? ofReport(file, inputOf(request, 'model')) : ofBaseline(file);
  if (metrics) copyFileSync(file, join(outputOf(request, output), name));
  return metrics;
}

function ofReport(file: string, directory: string): Metrics | undefined {
  const report = readReport(file);
  const issues = reportIssues(report, { file, directory, files: digestDirectory(directory) });
  return issues.length === 0 ? verificationMetrics(report) : undefined;
}

function ofBaseline(file: string): Metrics {
  return baselineMetrics(JSON.parse(readFileSync(file, 'utf8')) as Baseline);
}
