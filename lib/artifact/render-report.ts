import type { CheckResult, VerificationReport, Verdict } from './report';

const MARKS: Readonly<Record<Verdict, string>> = { passed: 'ok  ', failed: 'FAIL', skipped: 'SKIP' };

/** Findings of one check that are printed; the report itself holds all. */
const SHOWN = 5;

/** A report for the terminal: one line per check, what is wrong and how to mend it below. */
export function renderReport(report: VerificationReport): string {
  const { model, checks, verdict } = report;
  const width = Math.max(...checks.map(({ id }) => id.length));
  return [
    `${model.file}: ${model.bytes} bytes, sha256 ${model.sha256}`,
    ...circumstances(report),
    '',
    ...checks.flatMap((check) => renderCheck(check, width)),
    '',
    `${verdict.toUpperCase()}: ${conclusion(checks, verdict)}`,
    '',
  ].join('\n');
}

function circumstances({ model, tolerance, verifier }: VerificationReport): string[] {
  if (verifier.onnxruntime === undefined || !tolerance)
    return [`with ${model.externalData.length} files more`];
  const { absolute, relative } = tolerance;
  return [
    `checked with onnxruntime ${verifier.onnxruntime}, tolerance ${absolute} + ${relative} × |recorded|`,
  ];
}

function renderCheck({ id, verdict, detail, findings }: CheckResult, width: number): string[] {
  const more = findings.length - SHOWN;
  return [
    `  ${MARKS[verdict]}  ${id.padEnd(width)}  ${detail}`,
    ...findings
      .slice(0, SHOWN)
      .flatMap(({ path, message, fix }) => [`          ${path}: ${message}`, `          fix: ${fix}`]),
    ...(more > 0 ? [`          and ${more} more; see the report with --json`] : []),
  ];
}

/** What counts, last and in one line; a pass with gaps does not read like a pass. */
function conclusion(checks: readonly CheckResult[], verdict: VerificationReport['verdict']): string {
  const ids = (wanted: Verdict) => checks.filter((check) => check.verdict === wanted).map(({ id }) => id);
  const skipped = ids('skipped');
  const notChecked = skipped.length > 0 ? `; NOT CHECKED: ${skipped.join(', ')}` : '';
  return verdict === 'failed'
    ? `${ids('failed').join(', ')}${notChecked}`
    : `${ids('passed').length} of ${checks.length} checks${notChecked}`;
}
