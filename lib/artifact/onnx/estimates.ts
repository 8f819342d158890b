import { throwIssues, type Issue } from '../../issue';
import { elementBytes } from './element-types';
import type { OperatorCount } from './model-info';
import type { ModelProto } from './onnx_pb';
import { domainName, type Scope } from './scopes';
import { operations } from './operations';
import { inferShapes, sizeName, type TypedNode } from './shapes/infer';
import { elementsOf, valueOfType, type Value } from './shapes/value';

/** What a run takes, estimated from shapes alone. */
export interface ModelEstimates {
  /** Numbers that stand for sizes that vary; 1 where none was given. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Arithmetic operations; a multiplication and the addition of its product are two. A Loop counts one round. */
  readonly flops: number;
  /** The most bytes that values between nodes take at one time, without weights, in the order of the file. */
  readonly peakActivationBytes: number;
  /** Nodes that count for nothing above: their shapes do not follow from those of the inputs. */
  readonly unknown: readonly OperatorCount[];
}

/**
 * Estimates what a run takes.
 *
 * @param sizes numbers for sizes that vary, by name; `x.0` is the first size of input x where it has none
 * @throws IssueError for a size that no input has
 */
export function estimateModel(
  model: ModelProto,
  sizes: Readonly<Record<string, number>> = {},
): ModelEstimates {
  const varying = varyingSizes(model);
  throwIssues('sizes', unknownSizes(Object.keys(sizes), varying));
  const all = { ...Object.fromEntries(varying.map((name) => [name, 1])), ...sizes };
  const nodes = inferShapes(model, all);
  const counted = nodes.map((node) => ({ node, flops: operations(node) }));
  return {
    sizes: all,
    flops: counted.reduce((sum, { flops = 0 }) => sum + flops, 0),
    peakActivationBytes: peakBytes(nodes.filter(({ scope }) => scope.kind === 'graph')),
    unknown: unknownNodes(counted.filter(({ flops }) => flops === undefined).map(({ node }) => node)),
  };
}

function unknownSizes(names: readonly string[], varying: readonly string[]): Issue[] {
  const fix =
    varying.length === 0 ? 'leave it out: no size of an input varies' : `name one of ${varying.join(', ')}`;
  return names
    .filter((name) => !varying.includes(name))
    .map((name) => ({
      code: 'size-unknown',
      path: name,
      message: 'is no size of an input that varies',
      fix,
    }));
}

function varyingSizes({ graph }: ModelProto): string[] {
  const stored = new Set(graph?.initializer.map(({ name }) => name));
  return (graph?.input ?? [])
    .filter(({ name }) => !stored.has(name))
    .flatMap(
      ({ name, type }) => valueOfType(type).shape?.map((size, axis) => sizeName(size, axis, name)) ?? [],
    )
    .filter((name) => name !== undefined);
}

function unknownNodes(nodes: readonly TypedNode[]): OperatorCount[] {
  const counts = new Map<string, OperatorCount>();
  for (const { node } of nodes) {
    const [domain, name] = [domainName(node.domain), node.opType];
    const known = counts.get(`${domain}::${name}`)?.count ?? 0;
    counts.set(`${domain}::${name}`, { domain, name, count: known + 1 });
  }
  return [...counts.values()];
}

/** A value lives from its node to the last that uses it; an output to the end. */
function peakBytes(nodes: readonly TypedNode[]): number {
  const scope: Scope | undefined = nodes[0]?.scope;
  const lastUse = new Map<string, number>();
  nodes.forEach(({ node }, index) => {
    for (const name of [...node.input, ...outerNames(node.attribute)]) lastUse.set(name, index);
  });
  for (const name of scope?.outputs ?? []) lastUse.set(name, nodes.length);
  const ending = nodes.map((): number[] => []);
  let [live, peak] = [0, 0];
  nodes.forEach(({ node, outputs }, index) => {
    if (node.opType === 'Constant') return;
    node.output.forEach((name, place) => {
      const bytes = bytesOf(outputs[place]);
      live += bytes;
      const last = Math.max(lastUse.get(name) ?? index, index);
      ending[last]?.push(bytes);
    });
    peak = Math.max(peak, live);
    live -= ending[index]?.reduce((sum, bytes) => sum + bytes, 0) ?? 0;
  });
  return peak;
}

/** Names that subgraphs use; some are their own, which does no harm. */
function outerNames(attributes: TypedNode['node']['attribute']): string[] {
  return attributes.flatMap(({ g, graphs }) =>
    (g ? [g, ...graphs] : graphs).flatMap(({ node }) =>
      node.flatMap(({ input, attribute }) => [...input, ...outerNames(attribute)]),
    ),
  );
}

function bytesOf(value: Value | undefined): number {
  return value ? elementBytes(value.type, elementsOf(value) ?? 0) : 0;
}
