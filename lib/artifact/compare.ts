import { DEFAULT_TOLERANCE, type Tolerance } from '../pipeline/definition';
import { toNumbers, type Tensor } from './tensor';

/** How far two tensors are apart. */
export interface Comparison {
  readonly passed: boolean;
  /** Largest |a − b|; 0 for equal NaN and equal infinities. */
  readonly maxAbsolute: number;
  /** Largest |a − b| / |b|; Infinity where b is 0 and a is not. */
  readonly maxRelative: number;
  /** Index of the element farthest outside (or closest to the edge of) the tolerance; −1 in an empty tensor. */
  readonly worstIndex: number;
  /** Smallest absolute tolerance that passes at this relative one. */
  readonly smallestAbsolute: number;
}

/**
 * Compares element by element: |actual − expected| ≤ absolute + relative × |expected|. NaN equals NaN,
 * an infinity equals itself. Strings are equal or infinitely apart. Both tensors have the same dtype
 * and shape.
 */
export function compareTensors(actual: Tensor, expected: Tensor, tolerance: Tolerance = {}): Comparison {
  const { absolute, relative } = { ...DEFAULT_TOLERANCE, ...tolerance };
  const [a, b] = comparable(actual, expected);
  let worstIndex = b.length > 0 ? 0 : -1;
  let [maxAbsolute, maxRelative, smallestAbsolute] = [0, 0, 0];
  b.forEach((reference, index) => {
    const distance = distanceOf(a[index] ?? NaN, reference);
    if (distance === 0) return;
    const magnitude = Math.abs(reference);
    const needed = distance === Infinity ? Infinity : distance - relative * magnitude;
    maxAbsolute = Math.max(maxAbsolute, distance);
    maxRelative = Math.max(maxRelative, distance === Infinity ? Infinity : distance / magnitude);
    if (needed > smallestAbsolute) {
      smallestAbsolute = needed;
      worstIndex = index;
    }
  });
  return { passed: smallestAbsolute <= absolute, maxAbsolute, maxRelative, worstIndex, smallestAbsolute };
}

/** Both as numbers; a string that differs becomes infinitely far from its counterpart. */
function comparable(actual: Tensor, expected: Tensor): readonly [Float64Array, Float64Array] {
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
