import type { GoogleMachine } from '../hardware';
import { type Issue, issue } from '../issue';
import { type Replicas, SCALING_METRICS, type ScalingMetric } from '../pipeline';

/** `autoscalingMetricSpecs`: https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/DedicatedResources */
const METRICS: Readonly<Partial<Record<ScalingMetric, string>>> = {
  gpuPercent: 'aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle',
  requestsPerMinute: 'aiplatform.googleapis.com/prediction/online/request_count',
};

const TARGETS = Object.keys(METRICS).join(', ');

/** Part of `dedicatedResources` of Vertex AI. */
export interface RenderedReplicas {
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly autoscalingMetricSpecs?: readonly { readonly metricName: string; readonly target: number }[];
}

export function renderReplicas(replicas: Replicas = {}): RenderedReplicas {
  const { min = 1, max = min } = replicas;
  const [metric] = targetsOf(replicas);
  const metricName = metric && METRICS[metric];
  return {
    minReplicaCount: min,
    maxReplicaCount: max,
    ...(max > min &&
      metric &&
      metricName !== undefined && {
        autoscalingMetricSpecs: [{ metricName, target: replicas[metric] ?? 0 }],
      }),
  };
}

/** Numbers and targets that contradict each other, or that Vertex AI does not take. */
export function checkReplicas(replicas: Replicas | undefined, machine: GoogleMachine, path: string): Issue[] {
  if (!replicas) return [];
  const { min = 1, max = min } = replicas;
  const targets = targetsOf(replicas);
  return [
    ...(min < 1
      ? [
          issue(
            'replicas-zero',
            `${path}.min`,
            `is ${min}; an endpoint of Vertex AI keeps at least one replica`,
            'Choose 1 or more, or take CloudRunEndpoint, which scales to zero.',
          ),
        ]
      : []),
    ...(max < min
      ? [issue('replicas-range', path, `has max ${max} below min ${min}`, 'Raise max or lower min.')]
      : []),
    ...(max > min ? checkTargets(targets, path) : []),
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

function checkTargets(targets: readonly ScalingMetric[], path: string): Issue[] {
  const [target] = targets;
  if (target === undefined) {
    return [
      issue('replicas-target', path, 'has no target: nothing tells when to scale', `Give one of ${TARGETS}.`),
    ];
  }
  if (targets.length > 1) {
    return [issue('replicas-target', path, `has ${targets.join(' and ')}`, 'Keep one of them.')];
  }
  if (METRICS[target] !== undefined) return [];
  const message = 'is not a target of an endpoint of Vertex AI';
  return [issue('replicas-target', `${path}.${target}`, message, `Give one of ${TARGETS}.`)];
}

function targetsOf(replicas: Replicas): ScalingMetric[] {
  return SCALING_METRICS.filter((metric) => replicas[metric] !== undefined);
}
