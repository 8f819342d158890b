import { DEFAULT_TOLERANCE, type Tolerance } from '../pipeline/definition';
import { toNumbers, type AnyTensor } from './tensor';

/** Accepted differences; an element passes when one of the two limits allows it. */
export interface CompareTolerance extends Tolerance {
  /**
   * Accepted difference as a share of the largest finite |expected| of the tensor: what is lost where
   * large numbers cancel out, as in a Fourier transform, is small beside them and large beside the rest.
   *
   * @default 0
   */
  readonly norm?: number;
}

/** How far two tensors are apart. */
export interface Comparison {
  readonly passed: boolean;
  /** Largest |a − b|; 0 for equal NaN and equal infinities. */
  readonly maxAbsolute: number;
  /** Largest |a − b| / |b|; Infinity where b is 0 and a is not. */
  readonly maxRelative: number;
  /** Index of the element farthest outside (or closest to the edge of) the tolerance; −1 in an empty tensor. */
  readonly worstIndex: number;
  /** Smallest absolute tolerance that passes at this relative and norm-wise one. */
  readonly smallestAbsolute: number;
  /** Smallest norm-wise tolerance that passes by itself: the largest |a − b| / largest finite |b|. */
  readonly smallestNorm: number;
}

/**
 * Compares element by element: |actual − expected| ≤ absolute + relative × |expected|, or ≤ norm ×
 * largest finite |expected|. NaN equals NaN, an infinity equals itself. Strings are equal or infinitely
 * apart. Both tensors have the same dtype and shape.
 */
export function compareTensors(
  actual: AnyTensor,
  expected: AnyTensor,
  tolerance: CompareTolerance = {},
): Comparison {
  const { absolute, relative, norm } = { ...DEFAULT_TOLERANCE, norm: 0, ...tolerance };
  const [a, b] = comparable(actual, expected);
  const scale = largestMagnitude(b);
  let worstIndex = b.length > 0 ? 0 : -1;
  let [maxAbsolute, maxRelative, smallestAbsolute] = [0, 0, 0];
  b.forEach((reference, index) => {
    const distance = distanceOf(a[index] ?? NaN, reference);
    if (distance === 0) return;
    const magnitude = Math.abs(reference);
    const needed = distance === Infinity ? Infinity : distance - relative * magnitude;
    maxAbsolute = Math.max(maxAbsolute, distance);
    maxRelative = Math.max(maxRelative, distance === Infinity ? Infinity : distance / magnitude);
    if (needed > smallestAbsolute && distance > norm * scale) {
      smallestAbsolute = needed;
      worstIndex = index;
    }
  });
  return {
    passed: smallestAbsolute <= absolute,
    maxAbsolute,
    maxRelative,
    worstIndex,
    smallestAbsolute,
    smallestNorm: maxAbsolute === 0 ? 0 : maxAbsolute / scale,
  };
}

/** Largest finite |value|; 0 where there is none. */
export function largestMagnitude(values: Float64Array): number {
  return values.reduce((largest, value) => {
    const magnitude = Math.abs(value);
    return magnitude > largest && magnitude < Infinity ? magnitude : largest;
  }, 0);
}

/** Both as numbers; a string that differs becomes infinitely far from its counterpart. */
function comparable(actual: AnyTensor, expected: AnyTensor): readonly [Float64Array, Float64Array] {
  if (expected.dtype !== 'string') return [toNumbers(actual), toNumbers(expected)];
  const equal = (expected.data as string[]).map((text, index) =>
    text === actual.data[index] ? 0 : Infinity,
  );
  return [Float64Array.from(equal), new Float64Array(equal.length)];
}

/** |a − b|; a NaN against a number is as far as can be. */
function distanceOf(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
}
