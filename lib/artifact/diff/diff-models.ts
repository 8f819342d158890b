import { throwIssues } from '../../issue';
import { externalFiles } from '../checks/security/external-files';
import type { ModelSummary, ModelValue } from '../onnx/model-info';
import type { ModelStructure } from '../onnx/model-structure';
import { summarizeModel } from '../onnx/summarize';
import { flatten, type Constant, type FlatNode, type Source } from './flatten';
import { match, type Matching } from './match';
import type { Change, DiffNode, InterfaceDiff, ModelDiff, Rewiring } from './model-diff';

/** Operators that decide which way values take. */
const BRANCHES = ['If', 'Loop', 'Scan', 'Where', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

/**
 * Compares two models: what was added, removed and wired otherwise, and which weights changed. Nothing is
 * run. Nodes and inner values may have other names; inputs and outputs of the model may not.
 *
 * @throws IssueError when external data of a model is missing or lies outside of its directory
 */
export function diffModels(before: ModelStructure, after: ModelStructure): ModelDiff {
  for (const structure of [before, after]) throwIssues(structure.file, externalFiles(structure));
  const [a, b] = [flatten(before), flatten(after)];
  const matching = match(a, b);
  const paired = new Set(matching.pairs.values());
  const removed = a.filter((node, index) => !node.output && !matching.pairs.has(index)).map(described);
  const added = b.filter((node, index) => !node.output && !paired.has(index)).map(described);
  const [was, is] = [summarizeModel(before.model), summarizeModel(after.model)];
  const diff = {
    newBranches: added.filter(({ operator }) => BRANCHES.includes(operator)),
    nodes: { added, removed, rewired: rewirings(a, b, matching) },
    constants: constantDiff(a, b, matching),
    inputs: interfaceDiff(was.inputs, is.inputs),
    outputs: interfaceDiff(was.outputs, is.outputs),
    versions: versionChanges(was, is),
  };
  return { same: isEmpty(diff), ...diff };
}

function described({ operator, name, scope }: FlatNode): DiffNode {
  return { operator, name, scope };
}

function rewirings(a: readonly FlatNode[], b: readonly FlatNode[], { pairs, same }: Matching): Rewiring[] {
  return [...pairs].flatMap(([left, right]) => {
    const [before, after] = [a[left], b[right]];
    if (!before || !after) return [];
    return after.sources.flatMap((source, input) => {
      const earlier = before.sources[input] ?? { kind: 'none' };
      if (same(earlier, source)) return [];
      return [{ node: described(after), input, was: sourceText(earlier, a), is: sourceText(source, b) }];
    });
  });
}

function sourceText(source: Source, nodes: readonly FlatNode[]): string {
  if (source.kind === 'none') return 'nothing';
  if (source.kind === 'input') return `input "${source.key}"`;
  if (source.kind === 'constant') return `constant "${source.constant.name}"`;
  const node = nodes[source.node];
  return node ? nodeText(node) : 'nothing';
}

/** `Conv "first"`. */
export function nodeText({ operator, name }: DiffNode): string {
  return name === '' ? operator : `${operator} "${name}"`;
}

/** Constants are one where they enter a pair of nodes at the same place. */
function constantDiff(
  a: readonly FlatNode[],
  b: readonly FlatNode[],
  { pairs }: Matching,
): ModelDiff['constants'] {
  const [removed, added] = [constantsOf(a), constantsOf(b)];
  const changed = new Map<Constant, Change>();
  for (const [left, right] of pairs) {
    b[right]?.sources.forEach((source, input) => {
      const earlier = a[left]?.sources[input];
      if (source.kind !== 'constant' || earlier?.kind !== 'constant') return;
      const [before, after] = [earlier.constant, source.constant];
      removed.delete(before);
      added.delete(after);
      if (changed.has(after) || (before.form === after.form && before.digest() === after.digest())) return;
      changed.set(after, {
        name: after.name,
        was: `${before.form} ${before.digest().slice(0, 12)}`,
        is: `${after.form} ${after.digest().slice(0, 12)}`,
      });
    });
  }
  const listed = (constants: ReadonlySet<Constant>) =>
    [...constants].map(({ name, form }) => ({ name, form }));
  return { added: listed(added), removed: listed(removed), changed: [...changed.values()] };
}

function constantsOf(nodes: readonly FlatNode[]): Set<Constant> {
  const sources = nodes.flatMap((node) => node.sources);
  return new Set(sources.flatMap((source) => (source.kind === 'constant' ? [source.constant] : [])));
}

function interfaceDiff(
  before: Readonly<Record<string, ModelValue>>,
  after: Readonly<Record<string, ModelValue>>,
): InterfaceDiff {
  const names = Object.keys(after).filter((name) => Object.hasOwn(before, name));
  const changes = names.map((name) => ({ name, was: valueText(before[name]), is: valueText(after[name]) }));
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: changes.filter(({ was, is }) => was !== is),
  };
}

function valueText(value: ModelValue | undefined): string {
  return value ? `${value.dtype} ${value.shape ? `[${value.shape.join(', ')}]` : 'of no told shape'}` : '';
}

function versionChanges(before: ModelSummary, after: ModelSummary): Change[] {
  const domains = new Set([...Object.keys(before.opsets), ...Object.keys(after.opsets)]);
  const version = ({ opsets }: ModelSummary, domain: string) => String(opsets[domain] ?? 'none');
  return [
    { name: 'IR version', was: String(before.irVersion), is: String(after.irVersion) },
    ...[...domains].map((domain) => ({
      name: domain,
      was: version(before, domain),
      is: version(after, domain),
    })),
  ].filter(({ was, is }) => was !== is);
}

function isEmpty(parts: object): boolean {
  return Object.values(parts).every((part: unknown) =>
    Array.isArray(part) ? part.length === 0 : typeof part === 'object' && part !== null && isEmpty(part),
  );
}
