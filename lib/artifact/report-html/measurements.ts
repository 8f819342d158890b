import type { Json } from '../../pipeline/definition';
import type { CheckResult, VerificationReport } from '../report';
import { bars } from './bars';
import { html, type Markup } from './markup';

/** How often which size was seen: `upTo` are the bins' upper bounds; one more count has no bound. */
interface Histogram {
  readonly upTo: readonly number[];
  readonly counts: readonly number[];
}

/** Latency, and every histogram among what the checks measured. */
export function measurements({ checks, latency }: VerificationReport): Markup | undefined {
  const charts = checks.flatMap(chartsOf);
  if (charts.length === 0 && !latency) return undefined;
  return html`<section aria-labelledby="measurements">
    <h2 id="measurements">Measurements</h2>
    ${
      latency &&
      html`<dl>
        <dt>Latency, half of the runs</dt>
        <dd>${latency.p50Ms} ms</dd>
        <dt>Latency, 99 % of the runs</dt>
        <dd>${latency.p99Ms} ms</dd>
        <dt>Runs</dt>
        <dd>${latency.runs}, one sample each, without transport, on the verifying machine</dd>
      </dl>`
    }
    ${charts}
  </section>`;
}

function chartsOf({ id, data }: CheckResult): Markup[] {
  return histogramsIn(data, []).map(({ path, histogram }) =>
    bars([id, ...path].join(' · '), binsOf(histogram)),
  );
}

interface Found {
  readonly path: readonly string[];
  readonly histogram: Histogram;
}

function histogramsIn(data: Json | undefined, path: readonly string[]): Found[] {
  if (typeof data !== 'object' || data === null) return [];
  const histogram = asHistogram(data);
  if (histogram) return [{ path, histogram }];
  return Object.entries(data).flatMap(([key, value]) => histogramsIn(value, [...path, key]));
}

function asHistogram(data: object): Histogram | undefined {
  const { upTo, counts } = data as Partial<Record<keyof Histogram, unknown>>;
  return isNumbers(upTo) && isNumbers(counts) ? { upTo, counts } : undefined;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

function binsOf({ upTo, counts }: Histogram) {
  return counts.map((count, index) => {
    const bound = upTo[index];
    if (bound === undefined) return { label: `more than ${short(upTo.at(-1) ?? 0)}`, count };
    return { label: bound === 0 ? 'none' : `up to ${short(bound)}`, count };
  });
}

/** `0.000001` → `1e-6` */
function short(value: number): string {
  return value < 1e-3 ? value.toExponential() : String(value);
}
