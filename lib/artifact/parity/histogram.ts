/** How many differences are how large, by powers of ten. */
export interface DifferenceHistogram {
  /** Upper bounds of the bins, each included in its bin. The first is 0: no difference. */
  readonly upTo: readonly number[];
  /** Elements per bin; where there is one more than bounds, the last bin has no bound. */
  readonly counts: readonly number[];
}

/** 0, then 1e-9 to 1e3. */
const BOUNDS: readonly number[] = [0, ...Array.from({ length: 13 }, (_, index) => Number(`1e${index - 9}`))];

/** Counts |differences| into the bins of a histogram. */
export class DifferenceCounter {
  private readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);

  add(difference: number): void {
    const found = difference === 0 ? 0 : BOUNDS.findIndex((bound) => difference <= bound);
    const bin = found === -1 ? BOUNDS.length : found;
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
  }

  /** Without the empty bins above the largest difference. */
  read(): DifferenceHistogram {
    const last = this.counts.findLastIndex((count) => count > 0);
    const bins = Math.max(0, last) + 1;
    return { upTo: BOUNDS.slice(0, bins), counts: this.counts.slice(0, bins) };
  }
}
