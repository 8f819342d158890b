import type { AwsMachine } from '../hardware';
import { type Issue, issue } from '../issue';
import { type Replicas, SCALING_METRICS, type ScalingMetric } from '../pipeline';

/** `scaling` is absent where the number of replicas is fixed. */
export interface ResolvedReplicas {
  readonly min: number;
  readonly scaling?: Scaling;
}

export interface Scaling {
  readonly max: number;
  readonly metric: ScalingMetric;
  /** In the unit of SageMaker's metric: the utilisation of several GPUs adds up. */
  readonly target: number;
}

/** What an endpoint can scale on, and whether it can do without any machine. */
export interface ReplicaLimits {
  /** As the user knows it: `"a real-time endpoint"`. */
  readonly place: string;
  readonly metrics: readonly ScalingMetric[];
  /** Smallest number of replicas. */
  readonly least: 0 | 1;
}

export function resolveReplicas(replicas: Replicas = {}, machine: AwsMachine): ResolvedReplicas {
  const { min = 1, max = min } = replicas;
  const [metric] = targetsOf(replicas);
  if (max <= min || metric === undefined) return { min };
  const devices = metric === 'gpuPercent' ? machine.accelerators : 1;
  return { min, scaling: { max, metric, target: (replicas[metric] ?? 0) * devices } };
}

/** Numbers and targets that contradict each other, or that this kind of endpoint does not take. */
export function checkReplicas(
  replicas: Replicas | undefined,
  machine: AwsMachine,
  limits: ReplicaLimits,
  path: string,
): Issue[] {
  if (!replicas) return [];
  const { min = 1, max = min } = replicas;
  const targets = targetsOf(replicas);
  return [
    ...checkRange(min, max, limits, path),
    ...(max > min ? checkTargets(targets, limits, path) : []),
    ...(targets.includes('gpuPercent') && machine.accelerators === 0
      ? [
          issue(
            'scaling-without-gpu',
            `${path}.gpuPercent`,
            `watches a GPU; ${machine.name} has none`,
            'Scale on another metric, or ask for an accelerator.',
          ),
        ]
      : []),
  ];
}

function checkRange(min: number, max: number, { place, least }: ReplicaLimits, path: string): Issue[] {
  if (max < min) {
    return [issue('replicas-range', path, `has max ${max} below min ${min}`, 'Raise max or lower min.')];
  }
  if (min < least) {
    return [
      issue(
        'replicas-zero',
        `${path}.min`,
        `is ${min}; ${place} keeps at least one machine`,
        'Choose 1 or more, or host it with Hosting.asynchronous(…) or Hosting.components(…), which scale to zero.',
      ),
    ];
  }
  if (max > 0) return [];
  return [issue('replicas-range', path, 'has max 0: nothing would ever serve', 'Choose a max of 1 or more.')];
}

function checkTargets(targets: readonly ScalingMetric[], limits: ReplicaLimits, path: string): Issue[] {
  const [target] = targets;
  const allowed = limits.metrics.join(', ');
  if (target === undefined) {
    return [
      issue('replicas-target', path, 'has no target: nothing tells when to scale', `Give one of ${allowed}.`),
    ];
  }
  if (targets.length > 1) {
    return [issue('replicas-target', path, `has ${targets.join(' and ')}`, 'Keep one of them.')];
  }
  if (limits.metrics.includes(target)) return [];
  return [
    issue(
      'replicas-target',
      `${path}.${target}`,
      `is not a target of ${limits.place}`,
      `Give one of ${allowed}.`,
    ),
  ];
}

function targetsOf(replicas: Replicas): ScalingMetric[] {
  return SCALING_METRICS.filter((metric) => replicas[metric] !== undefined);
}
