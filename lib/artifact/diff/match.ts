import { createHash } from 'node:crypto';
import type { FlatNode, Source } from './flatten';

export interface Matching {
  /** Index in the second model, by index in the first. */
  readonly pairs: ReadonlyMap<number, number>;
  /** Whether two values are one: made alike all the way from the inputs, or by nodes that are a pair. */
  readonly same: (a: Source, b: Source) => boolean;
}

/**
 * Finds which node of one model is which of another: first those that are alike all the way from the
 * inputs, then those alike all the way to the outputs, then those that do the same, in order.
 */
export function match(a: readonly FlatNode[], b: readonly FlatNode[]): Matching {
  const pairs = new Map<number, number>();
  const forward = [forwardPrints(a), forwardPrints(b)] as const;
  const local = [a, b].map((nodes) => nodes.map((node) => node.local)) as [string[], string[]];
  pair(pairs, ...forward);
  pair(pairs, backwardPrints(a), backwardPrints(b));
  pair(pairs, ...local);
  return { pairs, same: (left, right) => sameSource(left, right, pairs, forward) };
}

function sameSource(
  a: Source,
  b: Source,
  pairs: ReadonlyMap<number, number>,
  forward: readonly [readonly string[], readonly string[]],
): boolean {
  if (a.kind === 'node' && b.kind === 'node') {
    const paired = pairs.get(a.node) === b.node || forward[0][a.node] === forward[1][b.node];
    return paired && a.output === b.output;
  }
  if (a.kind === 'input' && b.kind === 'input') return a.key === b.key;
  return a.kind === b.kind;
}

/** Adds pairs of nodes that have the same print, in order; both print lists are by index of the node. */
function pair(pairs: Map<number, number>, a: readonly string[], b: readonly string[]): void {
  const taken = new Set(pairs.values());
  const open = new Map<string, number[]>();
  b.forEach((print, index) => {
    if (taken.has(index)) return;
    const alike = open.get(print);
    if (alike) alike.push(index);
    else open.set(print, [index]);
  });
  for (const candidates of open.values()) candidates.reverse();
  a.forEach((print, index) => {
    const found = pairs.has(index) ? undefined : open.get(print)?.pop();
    if (found !== undefined) pairs.set(index, found);
  });
}

/** Of each node: itself and all that leads to it. */
function forwardPrints(nodes: readonly FlatNode[]): string[] {
  const prints: string[] = [];
  for (const { local, sources } of nodes) {
    const from = sources.map((source) => {
      if (source.kind === 'node') return `${prints[source.node] ?? 'later'} ${source.output}`;
      return source.kind === 'input' ? source.key : source.kind;
    });
    prints.push(print([local, ...from]));
  }
  return prints;
}

/** Of each node: itself and all that it leads to. */
function backwardPrints(nodes: readonly FlatNode[]): string[] {
  const uses = nodes.map((): string[] => []);
  const prints: string[] = [];
  for (let index = nodes.length - 1; index >= 0; index--) {
    const { local = '', sources = [] } = nodes[index] ?? {};
    const own = print([local, ...(uses[index] ?? []).sort()]);
    prints[index] = own;
    sources.forEach((source, slot) => {
      if (source.kind === 'node') uses[source.node]?.push(`${own} ${slot} ${source.output}`);
    });
  }
  return prints;
}

function print(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
