import type { Latency } from '../report';
import { passed, type Check } from './check';

/** Runs that are enough for a 99th percentile, and the time after which fewer must do. */
const RUNS = 200;
const BUDGET_MS = 5_000;

/** Measures, judges nothing: the time of one sample, in the runtime. */
export const latency: Check = {
  id: 'latency',
  title: 'Time of one sample (measured, not judged)',
  after: ['run'],
  run: async (subject) => {
    const samples = subject.golden()?.samples ?? [];
    const process = await subject.process();
    const times: number[] = [];
    const end = performance.now() + BUDGET_MS;
    do {
      const sample = samples[times.length % samples.length];
      times.push((await process.time(sample?.tensors ?? {})).milliseconds);
    } while (times.length < RUNS && performance.now() < end);
    const figures = summarizeTimes(times);
    return {
      ...passed(`p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms over ${figures.runs} runs`),
      latency: figures,
    };
  },
};

/** Percentiles of at least one time in milliseconds, to the microsecond. */
export function summarizeTimes(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  // The smallest time that at least this share of the times does not exceed.
  const percentile = (share: number) => Number(sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(3));
  return { runs: times.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}
