import { type Issue, issue } from '../../../issue';
import { type EndpointMode, SCALING_METRICS, type ScalingMetric } from '../../definition';
import type { Rule } from './rule';

const PATH = 'deployment.endpoint.replicas';

/** What each kind of endpoint can scale on. */
const TARGETS: Readonly<Record<EndpointMode, readonly ScalingMetric[]>> = {
  'real-time': ['requestsPerMinute', 'concurrentRequests', 'gpuPercent'],
  asynchronous: ['backlog'],
  serverless: [],
};

export const replicas: Rule = ({ deployment }) => {
  const { machine, mode = 'real-time', replicas: given = {} } = deployment.endpoint;
  const { min = mode === 'serverless' ? 0 : 1, max = min } = given;
  const targets = SCALING_METRICS.filter((metric) => given[metric] !== undefined);
  if (max < min) {
    return [issue('replicas-range', PATH, `has max ${max} below min ${min}`, 'Raise max or lower min.')];
  }
  return [
    ...rangeIssues(mode, min, max),
    ...(max > min || mode === 'serverless' ? targetIssues(mode, targets) : []),
    ...(targets.includes('gpuPercent') && (machine.accelerator ?? 'cpu') === 'cpu'
      ? [
          issue(
            'scaling-without-gpu',
            `${PATH}.gpuPercent`,
            'watches a GPU; the endpoint asks for none',
            'Scale on another metric, or ask for an accelerator.',
          ),
        ]
      : []),
  ];
};

function rangeIssues(mode: EndpointMode, min: number, max: number): Issue[] {
  if (mode === 'real-time' && min === 0) {
    return [
      issue(
        'replicas-zero',
        `${PATH}.min`,
        'is 0; a real-time endpoint keeps at least one replica',
        'Choose 1 or more, or the mode "serverless" or "asynchronous".',
      ),
    ];
  }
  if (max > 0) return [];
  const message = 'is missing: nothing tells how many copies there may be';
  return [issue('replicas-max', `${PATH}.max`, message, 'Choose a max of 1 or more.')];
}

function targetIssues(mode: EndpointMode, targets: readonly ScalingMetric[]): Issue[] {
  const allowed = TARGETS[mode];
  const foreign = targets.filter((target) => !allowed.includes(target));
  const fix = allowed.length === 0 ? 'Leave it out.' : `Give one of ${allowed.join(', ')}.`;
  if (foreign.length > 0) {
    return foreign.map((target) =>
      issue('replicas-target', `${PATH}.${target}`, `is no target of the mode "${mode}"`, fix),
    );
  }
  if (targets.length > 1) {
    return [issue('replicas-target', PATH, `has ${targets.join(' and ')}`, 'Keep one of them.')];
  }
  if (targets.length === 1 || allowed.length === 0) return [];
  return [issue('replicas-target', PATH, 'has no target: nothing tells when to scale', fix)];
}
