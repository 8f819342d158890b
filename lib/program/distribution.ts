/** How the values of one output spread, for later comparison. */
export interface Distribution {
  /** Values, not samples: an output of 10 numbers counts 10 per sample. */
  readonly count: number;
  readonly mean: number;
  /** Of the population: divided by `count`. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** By share: `"0.5"` is the median. Linear between neighbouring values. */
  readonly quantiles: Readonly<Record<string, number>>;
  readonly histogram: {
    /** 11 edges of 10 bins of equal width from min to max; the last bin includes its upper edge. */
    readonly edges: readonly number[];
    readonly counts: readonly number[];
  };
}

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
const BINS = 10;

/** Describes at least one value, all finite. */
export function describeDistribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const mean = sum(sorted) / sorted.length;
  const [min, max] = [quantile(sorted, 0), quantile(sorted, 1)];
  return {
    count: sorted.length,
    mean,
    std: Math.sqrt(sum(sorted.map((value) => (value - mean) ** 2)) / sorted.length),
    min,
    max,
    quantiles: Object.fromEntries(SHARES.map((share) => [String(share), quantile(sorted, share)])),
    histogram: histogram(sorted, min, max),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position % 1);
}

function histogram(values: readonly number[], min: number, max: number): Distribution['histogram'] {
  const width = (max - min) / BINS;
  const edges = Array.from({ length: BINS + 1 }, (_, index) => (index === BINS ? max : min + index * width));
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = width === 0 ? 0 : Math.min(BINS - 1, Math.floor((value - min) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges, counts };
}
