import type { Parity } from './compare-models';
import type { OutputParity } from './compare-output';
import type { Divergence } from './divergence/first-divergence';
import { rounded, roundedUp } from './numbers';

/** How far two models are apart, for a terminal; ends with a line break. */
export function renderParity({
  reference,
  candidate,
  outputs,
  findings,
  verdict,
  divergence,
}: Parity): string {
  const lines = [
    candidate,
    `compared with ${reference}`,
    ...outputs.flatMap((output) => renderOutput(output)),
    ...findings.flatMap(({ code, path, message, fix }) => [
      ``,
      `✗ ${path} ${message} [${code}]`,
      `  fix: ${fix}`,
    ]),
    '',
    verdict === 'passed' ? '✓ they agree' : '✗ they do not agree',
  ];
  return `${lines.join('\n')}\n${divergence ? `\n${renderDivergence(divergence)}` : ''}`;
}

function renderOutput(output: OutputParity): string[] {
  const { name, candidateName, dtypes, elements, samples, topK, worst } = output;
  const other = candidateName === name ? '' : ` (there "${candidateName}")`;
  const row = (label: string, text: string) => `    ${label.padEnd(22)}${text}`;
  return [
    '',
    `  output "${name}"${other}: ${dtypes.candidate} against ${dtypes.reference}, ${elements} elements, ${samples} samples`,
    row('largest difference', rounded(output.maxAbsolute)),
    ...(worst
      ? [
          row(
            '',
            `${worst.candidate} against ${worst.reference}, index ${worst.index} of sample "${worst.sample}"`,
          ),
        ]
      : []),
    row(
      'would pass',
      `absolute ${passing(output.smallestAbsolute)}, or alone relative ${passing(output.smallestRelative)}, norm ${passing(output.smallestNorm)}`,
    ),
    row('signal to noise', output.snrDb === Infinity ? 'no noise' : `${rounded(output.snrDb)} dB`),
    row('cosine similarity', String(output.cosine)),
    row(`same ${topK.k} largest`, `${rounded(topK.agreement * 100)} % of rows`),
    ...renderHistogram(output),
  ];
}

function renderHistogram({ histogram: { upTo, counts }, elements }: OutputParity): string[] {
  return counts.flatMap((count, bin) => {
    if (count === 0) return [];
    const bound = upTo[bin];
    const label =
      bound === 0 ? 'equal' : bound === undefined ? `above ${upTo.at(-1) ?? 0}` : `up to ${bound}`;
    const bar = '▇'.repeat(Math.max(1, Math.round((count / elements) * 30)));
    return [`    ${label.padEnd(22)}${bar} ${count}`];
  });
}

function passing(tolerance: number): string {
  return tolerance === Infinity ? 'none' : roundedUp(tolerance);
}

/** Where two graphs begin to differ, for a terminal; ends with a line break. */
export function renderDivergence({ first, compared, skipped }: Divergence): string {
  const told = `${compared} tensors compared${skipped > 0 ? `, ${skipped} could not be` : ''}`;
  if (!first) return `no tensor inside differs: ${told}\n`;
  const { node, name, candidateName, measures, inputs } = first;
  const other = candidateName === name ? '' : ` (there "${candidateName}")`;
  const { worst } = measures;
  const lines = [
    `first difference: ${node.operator}${node.name && ` "${node.name}"`}, output "${name}"${other}`,
    ...(worst ? [`  ${worst.candidate} against ${worst.reference} at index ${worst.index}`] : []),
    `  largest difference ${rounded(measures.maxAbsolute)}, signal to noise ${rounded(measures.snrDb)} dB`,
    ...Object.entries(inputs).map(
      ([input, difference]) => `  input "${input}" differs by ${rounded(difference)}`,
    ),
    `  ${told}`,
  ];
  return `${lines.join('\n')}\n`;
}
