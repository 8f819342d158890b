import type { ScalingMetric } from '../pipeline';

/** How many machines a variant has, and what decides it. */
export interface ScaledVariant {
  readonly variant: string;
  readonly min: number;
  readonly max: number;
  readonly metric: ScalingMetric;
  /** In the unit of SageMaker's metric: the utilisation of several GPUs adds up. */
  readonly target: number;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Of every configuration that this library makes. */
export const DIGEST_TAG = 'model-pipeline:digest';

const KEY = 'model-pipeline:scaling:';

/** The tags by which a configuration says how its variants scale: whichever is live, they are there. */
export function scalingTags(scaled: readonly ScaledVariant[]): Tag[] {
  return scaled.map(({ variant, min, max, metric, target }) => ({
    key: KEY + variant,
    value: `min=${min} max=${max} metric=${metric} target=${target}`,
  }));
}

/** What `scalingTags` has written, among other tags. */
export function readScalingTags(tags: readonly Tag[]): ScaledVariant[] {
  return tags
    .filter(({ key }) => key.startsWith(KEY))
    .map(({ key, value }) => {
      const { min, max, metric, target } = Object.fromEntries(
        value.split(' ').map((entry) => entry.split('=')),
      ) as Record<keyof ScaledVariant, string>;
      return {
        variant: key.slice(KEY.length),
        min: Number(min),
        max: Number(max),
        metric: metric as ScalingMetric,
        target: Number(target),
      };
    });
}
