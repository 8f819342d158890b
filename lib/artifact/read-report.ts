import { throwIssues, type Issue } from '../issue';
import { readJsonObject } from './json-file';
import type { VerificationReport } from './report';
import { reportSchema } from './schema/report-schema';

/** What the report of a language model names as the model; all its other files are external data. */
export const LANGUAGE_MODEL_FILE = 'config.json';

/** Checks that a language model must have passed. */
const LANGUAGE_MODEL_CHECKS = ['lm-files', 'lm-config', 'lm-weights', 'lm-weights-finite'];

const FIX =
  'verify the model with `model-pipeline verify <directory>`, or register it again with `model-pipeline run <example>`';

/**
 * Reads `verification.json`.
 *
 * @param fix how such a report is made
 * @throws IssueError when it is missing or not a report
 */
export function readReport(file: string, fix = FIX): VerificationReport {
  return parseReport(readJsonObject(file, 'report', fix), file, fix);
}

/** @throws IssueError with everything in which the value is not a report */
export function parseReport(json: unknown, path: string, fix = FIX): VerificationReport {
  const { data, error } = reportSchema.safeParse(json);
  throwIssues(
    'report',
    (error?.issues ?? []).map(({ path: keys, message }) => ({
      code: 'report',
      path: [path, keys.join('.')].filter((part) => part !== '').join(': '),
      message,
      fix,
    })),
  );
  return data as VerificationReport;
}

/** What a report must say for a version to be deployed, and where the report is. */
export interface ReportDemands {
  /** Path of the report, for messages. */
  readonly file: string;
  /** Directory of the model, for the commands in the fixes. */
  readonly directory: string;
  /** Digests by path of the files that are there. */
  readonly files: Readonly<Record<string, { readonly sha256: string }>>;
  /**
   * Whether a definition declares the model: it then was held to its signature, and a pipeline makes its
   * versions.
   * @default true
   */
  readonly declared?: boolean;
}

/** Why a report does not vouch for the files: a failed or skipped check, other bytes, files nobody looked at. */
export function reportIssues(report: VerificationReport, demands: ReportDemands): Issue[] {
  const { file, directory, files, declared = true } = demands;
  const command = verifyCommandLine(directory);
  const [verify, again] = declared
    ? [
        `see the findings with \`${command}\`, mend the model, and make a version with \`model-pipeline run <example>\``,
        `verify these with \`${command}\`, and make a version with \`model-pipeline run <example>\``,
      ]
    : [
        `see the findings with \`${command}\`, mend the model, and verify it again with \`${verifyCommandLine(directory, file)}\``,
        `verify these with \`${verifyCommandLine(directory, file)}\``,
      ];
  const failed = report.checks.filter(({ verdict }) => verdict === 'failed');
  const lacking = demandedChecks(files, declared).filter(
    (id) => !report.checks.some((check) => check.id === id && check.verdict !== 'skipped'),
  );
  const vouched = [report.model, ...report.model.externalData];
  const foreign = vouched.filter(({ file: path, sha256 }) => files[path]?.sha256 !== sha256);
  const issue = (code: string, message: string, fix: string): Issue => ({ code, path: file, message, fix });
  return [
    ...(report.verdict === 'passed' && failed.length === 0
      ? []
      : [issue('report-failed', `verification failed: ${failed.map(({ id }) => id).join(', ')}`, verify)]),
    ...lacking.map((id) => issue('report-incomplete', `check "${id}" was not run`, verify)),
    ...foreign.map(({ file: path }) =>
      issue('report-foreign', `vouches for other bytes than those of ${path}`, again),
    ),
    ...unseenFiles(report, files).map((path) =>
      issue(
        'report-partial',
        `says nothing of ${path}, which was not there when the model was verified`,
        again,
      ),
    ),
  ];
}

/** What a user types to have a report, which is written to a file where one is named. */
export function verifyCommandLine(directory: string, file?: string): string {
  return `model-pipeline verify ${directory}${file === undefined ? '' : ` --report ${file}`}`;
}

function demandedChecks(files: ReportDemands['files'], declared: boolean): readonly string[] {
  if (isLanguageModel(files)) return [...LANGUAGE_MODEL_CHECKS, ...(declared ? ['lm-signature'] : [])];
  const travelsRaw = Object.keys(files).some((path) => path.startsWith('preprocessing/'));
  return ['signature', 'golden-tensors', ...(travelsRaw ? ['golden-raw'] : [])];
}

/** A language model is all of its files; beside an ONNX model lie files of other programs. */
function unseenFiles(report: VerificationReport, files: ReportDemands['files']): string[] {
  if (!isLanguageModel(files)) return [];
  const seen = new Set([report.model, ...report.model.externalData].map(({ file }) => file));
  return Object.keys(files).filter((path) => !seen.has(path) && !path.startsWith('.'));
}

/** The files say what must be vouched for, not the report. */
function isLanguageModel(files: ReportDemands['files']): boolean {
  return Object.hasOwn(files, LANGUAGE_MODEL_FILE) && !Object.hasOwn(files, 'model.onnx');
}
