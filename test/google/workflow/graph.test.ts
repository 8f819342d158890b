import type { Steps, WorkflowSource, WorkflowStep } from '../../../lib/google/workflow/source';
import { workflowOf } from './pipeline';

const { source, plan } = workflowOf();

/** What a step may be followed by, taking no condition for certain. */
function successors(steps: Steps): Map<string, string[]> {
  const names = steps.flatMap((step) => Object.keys(step));
  const graph = new Map<string, string[]>();
  steps
    .flatMap((step) => Object.entries(step))
    .forEach(([name, step], index) => {
      const following = names[index + 1] ?? 'end';
      graph.set(name, [step.next ?? following, ...jumpsWithin(step).filter((to) => names.includes(to))]);
    });
  return graph;
}

function jumpsWithin(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, inner]) =>
    key === 'args' ? [] : key === 'next' && typeof inner === 'string' ? [inner] : jumpsWithin(inner),
  );
}

function reachable(graph: Map<string, string[]>, from: string, without: string): Set<string> {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || name === without) continue;
    seen.add(name);
    open.push(...(graph.get(name) ?? []));
  }
  return seen;
}

/** Whether carrying out the step may end in the call, by whatever subworkflows. */
function reaches(step: WorkflowStep, call: string, workflow: WorkflowSource): boolean {
  const calls = (node: unknown): string[] => {
    if (typeof node !== 'object' || node === null) return [];
    return Object.entries(node).flatMap(([key, inner]) =>
      key === 'args' ? [] : key === 'call' ? [String(inner)] : calls(inner),
    );
  };
  const seen = new Set<string>();
  const open = calls(step);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name.endsWith(call)) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(workflow[name]?.steps ?? []).flatMap((each) => calls(each)));
  }
  return false;
}

const steps = source.main?.steps ?? [];
const graph = successors(steps);
const named = Object.fromEntries(steps.flatMap((step) => Object.entries(step)));
const deploying = Object.entries(named)
  .filter(([, step]) => reaches(step, 'endpoints.deployModel', source))
  .map(([name]) => name);

test('only the release and its restoration put a model on the endpoint', () => {
  expect(deploying).toEqual(['release', 'restore_endpoint']);
});

test.each(['verify', 'register', 'gate'])('no path leads to an endpoint around %s', (id) => {
  const around = reachable(graph, 'begin', id);
  expect(deploying.filter((name) => around.has(name))).toEqual([]);
});

test('a verification that fails leads to no endpoint', () => {
  const { verify } = named;
  const { onFailure } = plan.steps.find(({ id }) => id === 'verify') ?? {};
  expect(jumpsWithin(verify?.except)).toEqual([onFailure?.replaceAll('-', '_')]);
  const after = reachable(graph, 'notify_failure', '');
  expect(deploying.filter((name) => after.has(name))).toEqual([]);
});

test('every step of the plan is there, in its order', () => {
  const ids = plan.steps.map(({ id }) => id.replaceAll('-', '_'));
  expect(Object.keys(named).filter((name) => ids.includes(name))).toEqual(ids);
});
