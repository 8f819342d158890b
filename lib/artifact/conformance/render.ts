import { REFUSAL_CAUSES, accounted, type ConformanceReport, type RefusalCause } from './result';

/** Totals by cause, and with `verbose` every case that did not pass. */
export function renderConformance(report: ConformanceReport, verbose = false): string {
  const { runtime, total, passed, refused, failed, seconds } = report;
  const line = (count: number, what: string) => `${String(count).padStart(6)}  ${what}`;
  const lines = [
    `onnxruntime ${runtime}: ${total} cases in ${seconds.toFixed(1)} s`,
    line(passed, 'passed'),
    ...Object.entries(refused).map(([cause, count]) =>
      line(count, `refused, ${cause}: ${REFUSAL_CAUSES[cause as RefusalCause]}`),
    ),
    ...Object.entries(failed).map(([cause, count]) => line(count, `failed, ${cause}`)),
    `${(100 * accounted(report)).toFixed(2)} % passed or refused for a cause`,
  ];
  const cases = verbose ? report.cases : report.cases.filter(({ verdict }) => verdict === 'failed');
  for (const result of cases) {
    if (result.verdict === 'passed') continue;
    lines.push(`${result.verdict} ${result.cause}  ${result.name}: ${firstLine(result.detail)}`);
  }
  return `${lines.join('\n')}\n`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
