import type { Issue } from '../../issue';
import type { Json, Tolerance } from '../../pipeline/definition';
import { asJson } from '../parity/as-json';
import { measureOutput, type OutputMeasures, type TensorPair } from '../parity/measure-output';
import type { Tensor } from '../tensor';

/** One sample's outputs, as they should be and as they are. */
export interface Pair {
  readonly id: string;
  readonly expected: Readonly<Record<string, Tensor>>;
  readonly actual: Readonly<Record<string, Tensor>>;
}

export interface Differences {
  /** One per output that differs anywhere: its worst sample. */
  readonly findings: readonly Issue[];
  /** Largest |actual − expected| over all samples and outputs. */
  readonly maxAbsolute: number;
  /** `OutputMeasures` by the output's name. */
  readonly data: Json;
}

/** Compares the outputs of all samples. */
export function differences(
  pairs: readonly Pair[],
  tolerance: Required<Tolerance>,
  code: string,
  fix: string,
): Differences {
  const names = [...new Set(pairs.flatMap(({ expected }) => Object.keys(expected)))];
  const outputs = names.map((name) => compareOutput(name, pairs, tolerance));
  const measured = names.flatMap((name, index) => {
    const { measures } = outputs[index] ?? {};
    return measures ? [[name, measures] as const] : [];
  });
  return {
    findings: outputs.flatMap(({ finding }) => (finding ? [{ code, ...finding, fix }] : [])),
    maxAbsolute: Math.max(0, ...outputs.map(({ measures }) => measures?.maxAbsolute ?? Infinity)),
    data: asJson(Object.fromEntries(measured)),
  };
}

interface OutputDifference {
  /** Absent where the shapes do not let the elements be compared. */
  readonly measures?: OutputMeasures;
  readonly finding?: Pick<Issue, 'path' | 'message'>;
}

function compareOutput(
  name: string,
  pairs: readonly Pair[],
  tolerance: Required<Tolerance>,
): OutputDifference {
  const wanted = pairs.filter(({ expected }) => expected[name]);
  const misfit = wanted.find(({ expected, actual }) => format(actual[name]) !== format(expected[name]));
  const [first, ...rest] = wanted.map(({ id, expected, actual }) => {
    return { sample: id, reference: expected[name], candidate: actual[name] };
  }) as TensorPair[];
  if (misfit || !first) {
    const { id = '', expected = {}, actual = {} } = misfit ?? {};
    const message = `output "${name}" is ${format(actual[name])}, recorded is ${format(expected[name])}`;
    return { finding: { path: `sample "${id}"`, message } };
  }
  const measures = measureOutput([first, ...rest], { ...tolerance, norm: 0 });
  const { worst, samplesOutside, smallestAbsolute } = measures;
  if (!worst || samplesOutside === 0) return { measures };
  const message =
    `output "${name}" is ${worst.candidate} at index ${worst.index}, wanted ${worst.reference}; ` +
    `${samplesOutside} of ${pairs.length} samples differ by more than ` +
    `${tolerance.absolute} + ${tolerance.relative} × |wanted|; an absolute tolerance of ${smallestAbsolute} would pass`;
  return { measures, finding: { path: `sample "${worst.sample}"`, message } };
}

function format(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'missing';
}
