import { nodeText } from './diff-models';
import type { DiffNode, InterfaceDiff, ModelDiff } from './model-diff';

/** A comparison for the terminal: what calls for a look first, then all that differs. */
export function renderDiff({
  same,
  newBranches,
  nodes,
  constants,
  inputs,
  outputs,
  versions,
}: ModelDiff): string {
  if (same) return 'no difference: same graph, same weights\n';
  const { added, removed, rewired } = nodes;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['NEW BRANCHES: look at what they compare, and where each way leads', newBranches.map(placed)],
    ['inputs', interfaceLines(inputs)],
    ['outputs', interfaceLines(outputs)],
    ['versions', versions.map(({ name, was, is }) => `~ ${name}: ${was} → ${is}`)],
    [
      `nodes: ${added.length} added, ${removed.length} removed, ${rewired.length} rewired`,
      [
        ...added.map((node) => `+ ${placed(node)}`),
        ...removed.map((node) => `- ${placed(node)}`),
        ...rewired.map(
          ({ node, input, was, is }) => `~ ${placed(node)}: input ${input} was ${was}, is ${is}`,
        ),
      ],
    ],
    [
      `constants: ${constants.added.length} added, ${constants.removed.length} removed, ${constants.changed.length} changed`,
      [
        ...constants.added.map(({ name, form }) => `+ ${name}: ${form}`),
        ...constants.removed.map(({ name, form }) => `- ${name}: ${form}`),
        ...constants.changed.map(({ name, was, is }) => `~ ${name}: ${was} → ${is}`),
      ],
    ],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join('\n'));
  return `${body.join('\n\n')}\n`;
}

function placed(node: DiffNode): string {
  return node.scope === 'graph' ? nodeText(node) : `${nodeText(node)} in ${node.scope}`;
}

function interfaceLines({ added, removed, changed }: InterfaceDiff): string[] {
  return [
    ...added.map((name) => `+ ${name}`),
    ...removed.map((name) => `- ${name}`),
    ...changed.map(({ name, was, is }) => `~ ${name}: ${was} → ${is}`),
  ];
}
