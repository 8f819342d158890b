import type { Dtype } from '../../pipeline/definition';
import { toNumbers, type Tensor } from '../tensor';
import { DifferenceCounter, type DifferenceHistogram } from './histogram';
import type { ElementLimits } from './tolerance';
import { countTopK } from './top-k';

/** One output of one sample, from both sides; the same number of elements. */
export interface TensorPair {
  readonly sample: string;
  readonly reference: Tensor;
  readonly candidate: Tensor;
}

/**
 * How far one output of two models is apart, over all samples. What no tolerance reaches, such as NaN
 * against a number, is `Infinity`, and `null` in JSON.
 */
export interface OutputMeasures {
  readonly dtypes: { readonly reference: Dtype; readonly candidate: Dtype };
  readonly samples: number;
  readonly elements: number;
  /** Samples with an element outside the limits. */
  readonly samplesOutside: number;
  /** Largest |difference|. */
  readonly maxAbsolute: number;
  /** The element farthest outside the limits, or closest to their edge; absent where all are equal. */
  readonly worst?: WorstElement;
  /** Smallest `absolute` that would pass, with `relative` and `norm` of the limits as they are. */
  readonly smallestAbsolute: number;
  /** Smallest `relative` that would pass by itself. */
  readonly smallestRelative: number;
  /** Smallest `norm` that would pass by itself. */
  readonly smallestNorm: number;
  /** 10 log₁₀ (Σ reference² / Σ difference²); `Infinity` without any difference. */
  readonly snrDb: number;
  /** Cosine similarity of all elements; 1 where both are all zero. */
  readonly cosine: number;
  /** Share of rows (along the last dimension) whose k largest elements are the same. */
  readonly topK: { readonly k: number; readonly agreement: number };
  readonly histogram: DifferenceHistogram;
}

export interface WorstElement {
  readonly sample: string;
  /** In row-major order. */
  readonly index: number;
  /** As text: exact for 64-bit integers, and NaN stays NaN in JSON. */
  readonly reference: string;
  readonly candidate: string;
}

/** Measures one output. NaN equals NaN, an infinity equals itself; texts are equal or infinitely apart. */
export function measureOutput(
  pairs: readonly [TensorPair, ...TensorPair[]],
  limits: ElementLimits,
  k = 1,
): OutputMeasures {
  const histogram = new DifferenceCounter();
  const sums = { reference: 0, candidate: 0, product: 0, noise: 0 };
  const largest = { absolute: 0, relative: 0, norm: 0, needed: 0 };
  const topK = { rows: 0, agreeing: 0 };
  let [elements, samplesOutside] = [0, 0];
  let worst: WorstElement | undefined;
  for (const pair of pairs) {
    const [wanted, got] = comparable(pair);
    const peak = wanted.reduce((max, value) => Math.max(max, finiteMagnitude(value)), 0);
    let outside = false;
    for (const [index, reference] of wanted.entries()) {
      const candidate = got[index] ?? NaN;
      const difference = distanceOf(candidate, reference);
      histogram.add(difference);
      if (Number.isFinite(reference) && Number.isFinite(candidate)) {
        sums.reference += reference ** 2;
        sums.candidate += candidate ** 2;
        sums.product += reference * candidate;
      }
      if (difference === 0) continue;
      sums.noise += difference ** 2;
      const magnitude = Math.abs(reference);
      const needed = distanceBeyond(difference, limits.relative * magnitude + limits.norm * peak);
      largest.absolute = Math.max(largest.absolute, difference);
      largest.relative = Math.max(largest.relative, ratio(difference, magnitude));
      largest.norm = Math.max(largest.norm, ratio(difference, peak));
      outside ||= needed > limits.absolute;
      if (worst && needed <= largest.needed) continue;
      largest.needed = needed;
      worst = worstElement(pair, index);
    }
    elements += wanted.length;
    if (outside) samplesOutside++;
    const { rows, agreeing } = countTopK(wanted, got, pair.reference.shape.at(-1) ?? 1, k);
    topK.rows += rows;
    topK.agreeing += agreeing;
  }
  const [{ reference, candidate }] = pairs;
  return {
    dtypes: { reference: reference.dtype, candidate: candidate.dtype },
    samples: pairs.length,
    elements,
    samplesOutside,
    maxAbsolute: largest.absolute,
    ...(worst && { worst }),
    smallestAbsolute: largest.needed,
    smallestRelative: largest.relative,
    smallestNorm: largest.norm,
    snrDb: sums.noise === 0 ? Infinity : 10 * Math.log10(sums.reference / sums.noise),
    cosine: cosineOf(sums),
    topK: { k, agreement: topK.rows === 0 ? 1 : topK.agreeing / topK.rows },
    histogram: histogram.read(),
  };
}

/** Both sides as numbers; a text that differs becomes infinitely far from its counterpart. */
function comparable({ reference, candidate }: TensorPair): readonly [Float64Array, Float64Array] {
  const texts = reference.dtype === 'string' || candidate.dtype === 'string';
  if (!texts) return [toNumbers(reference), toNumbers(candidate)];
  const wanted = Array.from(reference.data as string[]);
  const apart = wanted.map((text, index) => (text === candidate.data[index] ? 0 : Infinity));
  return [new Float64Array(apart.length), Float64Array.from(apart)];
}

/** |a − b|; a NaN against a number is as far as can be. */
function distanceOf(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}

/** What is left of a difference; an infinite one is not made smaller by an infinite reference. */
function distanceBeyond(difference: number, allowed: number): number {
  return difference === Infinity ? Infinity : Math.max(0, difference - allowed);
}

function ratio(difference: number, magnitude: number): number {
  return difference === Infinity ? Infinity : difference / magnitude;
}

function finiteMagnitude(value: number): number {
  return Number.isFinite(value) ? Math.abs(value) : 0;
}

function cosineOf(sums: {
  readonly reference: number;
  readonly candidate: number;
  readonly product: number;
}): number {
  const length = Math.sqrt(sums.reference) * Math.sqrt(sums.candidate);
  if (length === 0) return sums.reference === sums.candidate ? 1 : 0;
  return Math.min(1, sums.product / length);
}

function worstElement({ sample, reference, candidate }: TensorPair, index: number): WorstElement {
  return {
    sample,
    index,
    reference: elementText(reference, index),
    candidate: elementText(candidate, index),
  };
}

/** float16 is stored as its bits. */
function elementText(tensor: Tensor, index: number): string {
  if (tensor.dtype !== 'float16') return String(tensor.data[index]);
  return String(toNumbers({ ...tensor, data: (tensor.data as Uint16Array).slice(index, index + 1) })[0]);
}
