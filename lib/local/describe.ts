import type { Metrics } from '../program';

/** Units that a metric's name ends in, as people write them. */
const UNITS: readonly (readonly [suffix: RegExp, format: (value: number) => string])[] = [
  [/(^|_)bytes(_|$)/, formatBytes],
  [/_ms$/, (value) => `${round(value)} ms`],
];

/** Metrics in one line: `accuracy 0.978, f1 0.965`. */
export function describeMetrics(metrics: Metrics): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${formatMetric(name, value)}`)
    .join(', ');
}

export function formatMetric(name: string, value: number): string {
  const unit = UNITS.find(([suffix]) => suffix.test(name));
  return unit === undefined ? round(value) : unit[1](value);
}

export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${round(bytes / 1000 ** power)} ${units[power] ?? ''}`;
}

/** Four significant digits; whole numbers as they are. */
function round(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
