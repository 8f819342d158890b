import { blockOf, blocksOf, numberOf, type Properties } from './properties';
import type { Subject } from './subject';

/** What rules ask of a service or job of Cloud Run with a GPU. */
export interface GpuTemplate {
  readonly kind: 'service' | 'job';
  readonly template: Properties;
  readonly accelerator: string;
  readonly resources: Properties;
  readonly limits: Properties;
}

/** Nothing where it has no GPU. */
export function gpuTemplateOf({ properties, type }: Subject): GpuTemplate | undefined {
  const kind = KINDS[type];
  if (kind === undefined) return undefined;
  const outer = blockOf(properties.template);
  const template = kind === 'job' ? blockOf(outer.template) : outer;
  const { accelerator } = blockOf(template.node_selector);
  const containers = blocksOf(template.containers).map(({ resources }) => blockOf(resources));
  const resources = containers.find(({ limits }) => GPU in blockOf(limits)) ?? containers[0] ?? {};
  const limits = blockOf(resources.limits);
  if (typeof accelerator !== 'string' && !(GPU in limits)) return undefined;
  return { kind, template, accelerator: String(accelerator), resources, limits };
}

export const GPU = 'nvidia.com/gpu';

const KINDS: Readonly<Record<string, 'service' | 'job'>> = {
  google_cloud_run_v2_service: 'service',
  google_cloud_run_v2_job: 'job',
};

/** `4`, `4000m`. */
export function cpusOf(value: unknown): number | undefined {
  const milli = typeof value === 'string' ? /^(\d+)m$/.exec(value)?.[1] : undefined;
  return milli === undefined ? numberOf(value) : Number(milli) / 1000;
}

/** `16Gi`, `16384Mi`. */
export function gibOf(value: unknown): number | undefined {
  const [, amount, unit] = /^(\d+)(Gi|Mi|G|M)$/.exec(String(value)) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return (Number(amount) * (UNITS[unit] ?? 0)) / 2 ** 30;
}

const UNITS: Readonly<Record<string, number>> = { Gi: 2 ** 30, Mi: 2 ** 20, G: 1e9, M: 1e6 };
