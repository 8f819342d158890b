import type { Issue } from '../../issue';
import { rounded } from '../parity/numbers';

/** What a model costs to serve, as measured on this machine. */
export interface Costs {
  /** The model and the files beside it that hold its weights. */
  readonly bytes: number;
  /** From starting a process to a model that is ready to answer. */
  readonly loadMs: number;
  /** Time of one golden sample in the runtime; absent where there are no samples. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Most memory of the process, Node and the runtime (about 80 MiB) included. */
  readonly memoryMiB: number;
}

/** The most a model may cost. */
export interface Budgets {
  /** @default - not judged */
  readonly maxBytes?: number;
  /** @default - not judged */
  readonly maxLoadMs?: number;
  /** @default - not judged */
  readonly maxP50Ms?: number;
  /** @default - not judged */
  readonly maxP99Ms?: number;
  /** @default - not judged */
  readonly maxMemoryMiB?: number;
  /** Growth of each cost over that of the live version. @default - not judged */
  readonly maxRegressionPercent?: number;
}

interface Cost {
  readonly what: string;
  readonly unit: string;
  readonly limit: 'maxBytes' | 'maxLoadMs' | 'maxP50Ms' | 'maxP99Ms' | 'maxMemoryMiB';
  /** Differences that two measurements of the same model show; they are no regression. */
  readonly noise: number;
}

const COSTS: Readonly<Record<keyof Costs, Cost>> = {
  bytes: { what: 'size', unit: 'bytes', limit: 'maxBytes', noise: 0 },
  loadMs: { what: 'load time', unit: 'ms', limit: 'maxLoadMs', noise: 100 },
  p50Ms: { what: 'median latency', unit: 'ms', limit: 'maxP50Ms', noise: 0.2 },
  p99Ms: { what: '99th percentile of latency', unit: 'ms', limit: 'maxP99Ms', noise: 2 },
  memoryMiB: { what: 'memory', unit: 'MiB', limit: 'maxMemoryMiB', noise: 16 },
};

const FIX = 'make the model smaller (prune, quantise, distil), or raise the budget';

/**
 * Which budgets a model exceeds.
 *
 * @param live costs of the version that serves now, as far as they are known
 */
export function judgeBudgets(
  path: string,
  costs: Costs,
  budgets: Budgets,
  live: Partial<Costs> = {},
): Issue[] {
  return (Object.keys(COSTS) as (keyof Costs)[]).flatMap((name) => {
    const { what, unit, limit, noise } = COSTS[name];
    const [cost, allowed, before] = [costs[name], budgets[limit], live[name]];
    if (cost === undefined) return [];
    const growth = before === undefined ? 0 : ((cost - before) / before) * 100;
    const { maxRegressionPercent = Infinity } = budgets;
    const regressed = growth > maxRegressionPercent && cost - (before ?? 0) > noise;
    return [
      ...(allowed !== undefined && cost > allowed
        ? [{ code: 'budget', message: `${what} is ${rounded(cost)} ${unit}, allowed: ${allowed}` }]
        : []),
      ...(regressed
        ? [
            {
              code: 'regression',
              message:
                `${what} is ${rounded(cost)} ${unit}, ${rounded(growth)} % more than the live version's ` +
                `${rounded(before ?? 0)}; allowed: ${maxRegressionPercent} %`,
            },
          ]
        : []),
    ].map((finding) => ({ ...finding, path, fix: FIX }));
  });
}
