import { DEFAULT_TOLERANCE, type Dtype } from '../../pipeline/definition';

/**
 * What an output may differ by. Everything that is given must hold; where none of `absolute`,
 * `relative` and `norm` is given but another measure is, elements are not judged one by one.
 */
export interface ParityTolerance {
  /** @default - by element type where nothing is given, see `DTYPE_TOLERANCES`; else 0 */
  readonly absolute?: number;
  /** Times |reference|, element by element. @default - like `absolute` */
  readonly relative?: number;
  /**
   * Times the largest |reference| of the tensor: for transforms and sums, whose rounding follows the
   * largest element and not each by itself. @default 0
   */
  readonly norm?: number;
  /** Lowest ratio of signal to noise in decibels, over all samples. @default - not judged */
  readonly minSnrDb?: number;
  /** Lowest cosine similarity, over all samples. @default - not judged */
  readonly minCosine?: number;
  /** Lowest share of rows, 0 to 1, whose `topK` largest elements are the same. @default - not judged */
  readonly minTopKAgreement?: number;
  /** Elements that `minTopKAgreement` and the measured agreement look at. @default 1 */
  readonly topK?: number;
}

/** The limits element by element: |difference| ≤ absolute + relative × |reference| + norm × max |reference|. */
export interface ElementLimits {
  readonly absolute: number;
  readonly relative: number;
  readonly norm: number;
}

/** 2^-10 is the step of a float16 at 1; whole numbers, truth values and texts are equal or not. */
const HALF_STEP: ElementLimits = { absolute: 2 ** -10, relative: 2 ** -10, norm: 0 };
const EXACT: ElementLimits = { absolute: 0, relative: 0, norm: 0 };

/** Where elements are measured and not judged: what would be needed is told from zero on. */
export const UNJUDGED = EXACT;

/** What is accepted where nothing is said, by the coarser element type of the two. */
export const DTYPE_TOLERANCES: Readonly<Partial<Record<Dtype, ElementLimits>>> = {
  float16: HALF_STEP,
  float32: { ...DEFAULT_TOLERANCE, norm: 0 },
  float64: { ...DEFAULT_TOLERANCE, norm: 0 },
};

/** The limits of an output; absent where elements are not judged one by one. */
export function elementLimits(
  tolerance: ParityTolerance | undefined,
  dtypes: readonly Dtype[],
): ElementLimits | undefined {
  const { absolute, relative, norm } = tolerance ?? {};
  if (absolute !== undefined || relative !== undefined || norm !== undefined) {
    return { absolute: absolute ?? 0, relative: relative ?? 0, norm: norm ?? 0 };
  }
  const { minSnrDb, minCosine, minTopKAgreement } = tolerance ?? {};
  if (minSnrDb !== undefined || minCosine !== undefined || minTopKAgreement !== undefined) return undefined;
  const coarsest = (['float16', 'float32', 'float64'] as const).find((dtype) => dtypes.includes(dtype));
  return (coarsest && DTYPE_TOLERANCES[coarsest]) ?? EXACT;
}
