import type { Json } from '../../pipeline/definition';
import type { GoldenSample } from '../golden';
import type { Latency } from '../report';
import type { ModelProcess } from '../runtime/model-process';
import { passed, type Check } from './check';

/** Runs that are enough for a 99th percentile, and the time after which fewer must do. */
const RUNS = 200;
const BUDGET_MS = 500;
/** However long they take. */
const LEAST_RUNS = 5;

/** Measures, judges nothing: the time of one sample, in the runtime. */
export const latency: Check = {
  id: 'latency',
  title: 'Time of one sample (measured, not judged)',
  after: ['run'],
  run: async (subject) => {
    const times = await timeSamples(await subject.process(), subject.golden()?.samples ?? []);
    const figures = summarizeTimes(times);
    const detail = `p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms over ${figures.runs} runs`;
    return { ...passed(detail, { milliseconds: timeHistogram(times) }), latency: figures };
  },
};

/** Times of samples run in turn, in milliseconds: as many as are enough, or fit into half a second. */
export async function timeSamples(
  process: ModelProcess,
  samples: readonly GoldenSample[],
): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + BUDGET_MS;
  do {
    const sample = samples[times.length % samples.length];
    times.push((await process.time(sample?.tensors ?? {})).milliseconds);
  } while (times.length < LEAST_RUNS || (times.length < RUNS && performance.now() < end));
  return times;
}

/** 1, 2 and 5 times the powers of ten, from a microsecond to 50 seconds. */
const BOUNDS = [-3, -2, -1, 0, 1, 2, 3, 4].flatMap((power) =>
  [1, 2, 5].map((step) => Number(`${step}e${power}`)),
);

/** How many runs took how long: up to each bound, which is included. */
function timeHistogram(times: readonly number[]): Json {
  const bins = times.map((time) => BOUNDS.findIndex((bound) => time <= bound));
  const [first, last] = [Math.min(...bins), Math.max(...bins)];
  const upTo = BOUNDS.slice(first, last + 1);
  return { upTo, counts: upTo.map((_, bin) => bins.filter((found) => found === first + bin).length) };
}

/** Percentiles of at least one time in milliseconds, to the microsecond. */
export function summarizeTimes(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  // The smallest time that at least this share of the times does not exceed.
  const percentile = (share: number) => Number(sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(3));
  return { runs: times.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}
