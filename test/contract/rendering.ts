import type { Plan } from '../../lib/pipeline';

/** What a target made of a plan, in the words of the plan. */
export interface Rendering {
  /** Ids of the steps, in the target's order. */
  readonly steps: readonly string[];
  /** Steps that may follow a step, by success or failure, nothing of the plan between them. */
  readonly followers: (step: string) => readonly string[];
  /** What changes an endpoint or the registry, of all that is reached without passing the step. */
  readonly touchedWithout: (step: string) => readonly string[];
}

/** Names of a target's own steps, and the names that may follow each. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Names on any path from `start` that does not enter `without`. */
export function reachable(
  graph: Graph,
  start: string,
  without: string,
  seen = new Set<string>(),
): Set<string> {
  if (start === without || seen.has(start)) return seen;
  seen.add(start);
  for (const next of graph.get(start) ?? []) reachable(graph, next, without, seen);
  return seen;
}

/** Steps of the plan that a step leads to through nothing but helper steps. */
export function followersIn(
  graph: Graph,
  plan: Plan,
  step: string,
  nameOf: (id: string) => string,
): string[] {
  const ids = new Map(plan.steps.map(({ id }) => [nameOf(id), id]));
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string) => {
    for (const next of graph.get(name) ?? []) {
      const id = ids.get(next);
      if (id !== undefined) found.add(id);
      else if (!seen.has(next)) {
        seen.add(next);
        visit(next);
      }
    }
  };
  visit(nameOf(step));
  return [...found];
}
