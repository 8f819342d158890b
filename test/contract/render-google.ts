import { stepName } from '../../lib/google/workflow/expression';
import type { Steps, WorkflowSource, WorkflowStep } from '../../lib/google/workflow/source';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { workflowOf } from './google-workflow';
import { followersIn, type Graph, reachable, type Rendering } from './rendering';

const TOUCHES =
  /\.(endpoints\.(patch|deployModel|undeployModel)|services\.(create|patch)|models\.(upload|mergeVersionAliases))$/;

/** The workflow that is synthesised. */
export function renderGoogle(definition: PipelineDefinition): Promise<Rendering> {
  const source = workflowOf(definition);
  const plan = compile(definition);
  const main = source.main?.steps ?? [];
  const graph = new Map<string, string[]>();
  const calls = new Map<string, string>();
  addSteps(main, { graph, calls }, []);
  const names = new Map(plan.steps.map(({ id }) => [stepName(id), id]));
  const touching = new Set(Object.keys(source).filter((name) => touches(name, source)));
  return Promise.resolve({
    steps: main.flatMap((step) => names.get(firstKey(step)) ?? []),
    followers: (step) => followersIn(graph, plan, step, stepName),
    touchedWithout: (step) =>
      [...reachable(graph as Graph, firstKey(main[0]), stepName(step))].filter((name) => {
        const call = calls.get(name) ?? '';
        return TOUCHES.test(call) || touching.has(call);
      }),
  });
}

interface Collected {
  readonly graph: Map<string, string[]>;
  /** Connector or subworkflow that a step calls. */
  readonly calls: Map<string, string>;
}

/**
 * Adds steps with what may follow each of them.
 *
 * @param following what follows the last one
 */
function addSteps(steps: Steps, collected: Collected, following: readonly string[]): void {
  steps.forEach((named, index) => {
    const next = steps[index + 1];
    const after = next ? [firstKey(next)] : following;
    for (const [name, step] of Object.entries(named)) addStep(name, step, collected, after);
  });
}

function addStep(name: string, step: WorkflowStep, collected: Collected, after: readonly string[]): void {
  const edges = collected.graph.get(name) ?? [];
  collected.graph.set(name, edges);
  const leaves = step.next === undefined ? after : targets(step.next, after);
  const enter = (steps: Steps) => {
    edges.push(...steps.slice(0, 1).map(firstKey));
    addSteps(steps, collected, leaves);
  };
  if (step.call !== undefined) collected.calls.set(name, step.call);
  for (const branch of step.switch ?? []) {
    if (branch.steps) enter(branch.steps);
    else if (branch.next !== undefined) edges.push(...targets(branch.next, leaves));
  }
  // A body without steps of its own is the step itself.
  if (step.try) addStep(name, { ...step.try, next: step.try.next ?? step.next }, collected, leaves);
  if (step.except) enter(step.except.steps);
  const blocks = [
    step.steps,
    step.for?.steps,
    step.parallel?.for?.steps,
    ...(step.parallel?.branches ?? []).flatMap((branch) => Object.values(branch).map(({ steps }) => steps)),
  ];
  for (const block of blocks) if (block) enter(block);
  const ends = step.raise !== undefined || step.return !== undefined;
  if (!ends && !step.try && !step.steps) edges.push(...leaves);
}

/** `break` and `continue` stay in their loop, which what follows it is reached from as well. */
function targets(next: string, after: readonly string[]): readonly string[] {
  if (next === 'end') return [];
  return next === 'break' || next === 'continue' ? after : [next];
}

/** Whether a subworkflow, or one that it calls, changes an endpoint or the registry. */
function touches(name: string, source: WorkflowSource, seen = new Set<string>()): boolean {
  if (name === 'main' || seen.has(name)) return false;
  seen.add(name);
  const calls = [...JSON.stringify(source[name] ?? {}).matchAll(/"call":"([^"]+)"/g)].map(
    ([, call = '']) => call,
  );
  return calls.some((call) => TOUCHES.test(call) || touches(call, source, seen));
}

function firstKey(step: Readonly<Record<string, WorkflowStep>> | undefined): string {
  return Object.keys(step ?? {})[0] ?? '';
}
