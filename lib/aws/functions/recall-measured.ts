import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { digestDirectory } from '../../artifact/manifest';
import { readReport, reportIssues } from '../../artifact/read-report';
import { type Baseline, baselineMetrics } from '../../program/baseline';
import type { Metrics } from '../../program/contract';
import { writeJson } from '../../program/support';
import { verificationMetrics } from '../../program/verify';
import { download, listKeys } from './download';
import type { Transfer } from './transfer';

/** The output that a program measures: times, which differ from try to try. */
const MEASURED: Readonly<Record<string, string>> = { verify: 'report', baseline: 'baseline' };

/**
 * What an earlier try of the same step measured and wrote, where its answer was lost: outputs are written
 * once, and measuring again would give others. A report counts only if it passed, for these very bytes.
 *
 * @returns the metrics, with all outputs in their directories; `undefined` where the program is to run
 */
export async function recallMeasured(
  s3: S3Client,
  program: string,
  sources: readonly Transfer[],
  targets: readonly Transfer[],
): Promise<Metrics | undefined> {
  const measured = targets.find(({ name }) => name === MEASURED[program]);
  const metricsDirectory = targets.find(({ name }) => name === 'metrics')?.path;
  if (measured === undefined || metricsDirectory === undefined) return undefined;
  if ((await listKeys(s3, measured.s3Directory)).length === 0) return undefined;
  await download(s3, measured.s3Directory, measured.path, measured.name);
  const metrics = program === 'verify' ? ofReport(measured.path, sources) : ofBaseline(measured.path);
  if (metrics) writeJson(join(metricsDirectory, 'metrics.json'), metrics);
  return metrics;
}

function ofReport(directory: string, sources: readonly Transfer[]): Metrics | undefined {
  const model = sources.find(({ name }) => name === 'model')?.path ?? '';
  const file = join(directory, 'verification.json');
  const report = readReport(file);
  const issues = reportIssues(report, { file, directory: model, files: digestDirectory(model) });
  return issues.length === 0 ? verificationMetrics(report) : undefined;
}

function ofBaseline(directory: string): Metrics {
  return baselineMetrics(JSON.parse(readFileSync(join(directory, 'baseline.json'), 'utf8')) as Baseline);
}
