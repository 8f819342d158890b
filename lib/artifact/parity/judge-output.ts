import type { Issue } from '../../issue';
import type { OutputMeasures } from './measure-output';
import { rounded, roundedUp } from './numbers';
import type { ElementLimits, ParityTolerance } from './tolerance';

const FIX = 'convert the model again, or accept the difference if it does no harm';

/** What of an output is beyond its tolerance. */
export function judgeOutput(
  name: string,
  measures: OutputMeasures,
  limits: ElementLimits | undefined,
  { minSnrDb = -Infinity, minCosine = -1, minTopKAgreement = 0 }: ParityTolerance = {},
): Issue[] {
  const { snrDb, cosine, topK, samplesOutside } = measures;
  const problems: readonly (readonly [code: string, wrong: boolean, message: string])[] = [
    ['parity', limits !== undefined && samplesOutside > 0, limits ? elementMessage(measures, limits) : ''],
    [
      'parity-snr',
      !(snrDb >= minSnrDb),
      `has a signal-to-noise ratio of ${rounded(snrDb)} dB, wanted at least ${minSnrDb}`,
    ],
    [
      'parity-cosine',
      !(cosine >= minCosine),
      `has a cosine similarity of ${rounded(cosine)}, wanted at least ${minCosine}`,
    ],
    [
      'parity-top-k',
      topK.agreement < minTopKAgreement,
      `has the same ${topK.k} largest in ${rounded(topK.agreement)} of the rows, wanted at least ${minTopKAgreement}`,
    ],
  ];
  return problems
    .filter(([, wrong]) => wrong)
    .map(([code, , message]) => ({ code, path: `output "${name}"`, message, fix: FIX }));
}

function elementMessage(measures: OutputMeasures, { absolute, relative, norm }: ElementLimits): string {
  const { worst, samples, samplesOutside, smallestAbsolute, smallestRelative, smallestNorm } = measures;
  const limit = [`${absolute}`, relative && `${relative} × |reference|`, norm && `${norm} × max |reference|`];
  const where = worst
    ? `is ${worst.candidate} at index ${worst.index} of sample "${worst.sample}", the reference ${worst.reference}`
    : 'differs';
  const remedy =
    smallestAbsolute === Infinity
      ? 'no tolerance would pass'
      : `would pass: absolute ${roundedUp(smallestAbsolute)}, or relative ${roundedUp(smallestRelative)} alone, ` +
        `or norm ${roundedUp(smallestNorm)} alone`;
  return (
    `${where}; ${samplesOutside} of ${samples} samples differ by more than ` +
    `${limit.filter(Boolean).join(' + ')}; ${remedy}`
  );
}
