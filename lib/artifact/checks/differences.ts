import type { Issue } from '../../issue';
import type { Tolerance } from '../../pipeline/definition';
import { compareTensors } from '../compare';
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
}

/** Compares the outputs of all samples. */
export function differences(
  pairs: readonly Pair[],
  tolerance: Required<Tolerance>,
  code: string,
  fix: string,
): Differences {
  const names = new Set(pairs.flatMap(({ expected }) => Object.keys(expected)));
  const outputs = [...names].map((name) => compareOutput(name, pairs, tolerance));
  return {
    findings: outputs.flatMap(({ finding }) => (finding ? [{ code, ...finding, fix }] : [])),
    maxAbsolute: outputs.reduce((max, { maxAbsolute }) => Math.max(max, maxAbsolute), 0),
  };
}

interface OutputDifference {
  readonly maxAbsolute: number;
  readonly finding?: Pick<Issue, 'path' | 'message'>;
}

function compareOutput(
  name: string,
  pairs: readonly Pair[],
  tolerance: Required<Tolerance>,
): OutputDifference {
  let maxAbsolute = 0;
  let needed = -1;
  let worst: Pick<Issue, 'path' | 'message'> | undefined;
  let failures = 0;
  for (const { id, expected, actual } of pairs) {
    const [want, got] = [expected[name], actual[name]];
    if (!want) continue;
    const path = `sample "${id}"`;
    if (got?.dtype !== want.dtype || String(got.shape) !== String(want.shape)) {
      const message = `output "${name}" is ${format(got)}, recorded is ${format(want)}`;
      return { maxAbsolute: Infinity, finding: { path, message } };
    }
    const result = compareTensors(got, want, tolerance);
    maxAbsolute = Math.max(maxAbsolute, result.maxAbsolute);
    if (result.passed) continue;
    failures++;
    if (result.smallestAbsolute <= needed) continue;
    needed = result.smallestAbsolute;
    const [g, w] = [got, want].map(({ data }) => String(data[result.worstIndex]));
    worst = { path, message: `output "${name}" is ${g} at index ${result.worstIndex}, wanted ${w}` };
  }
  if (!worst) return { maxAbsolute };
  const message =
    `${worst.message}; ${failures} of ${pairs.length} samples differ by more than ` +
    `${tolerance.absolute} + ${tolerance.relative} × |wanted|; an absolute tolerance of ${needed} would pass`;
  return { maxAbsolute, finding: { path: worst.path, message } };
}

function format(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'missing';
}
