import type { ModelProto, NodeProto } from '../../onnx/onnx_pb';
import { domainName } from '../../onnx/scopes';

/** A tensor that both graphs make, and the node that makes it in the reference. */
export interface TracedTensor {
  /** In the reference. */
  readonly name: string;
  readonly candidateName: string;
  readonly node: TracedNode;
}

export interface TracedNode {
  /** Empty where the file gives none. */
  readonly name: string;
  /** `"Conv"`, with its domain where that is not the standard one: `"com.microsoft::FusedConv"`. */
  readonly operator: string;
  readonly inputs: readonly string[];
}

/**
 * Tensors of the main graphs that correspond, in the order the reference makes them: those of the same
 * name, else the outputs of nodes of the same name and operator.
 */
export function tensorPairs(reference: ModelProto, candidate: ModelProto): TracedTensor[] {
  const nodes = candidate.graph?.node ?? [];
  const made = new Set(nodes.flatMap(({ output }) => output));
  const byName = new Map(nodes.filter(({ name }) => name !== '').map((node) => [node.name, node]));
  return inOrder(reference.graph?.node ?? []).flatMap((node) => {
    const twin = byName.get(node.name);
    return node.output.flatMap((name, place): TracedTensor[] => {
      const candidateName = made.has(name) ? name : twin?.opType === node.opType && twin.output[place];
      if (name === '' || !candidateName) return [];
      return [{ name, candidateName, node: traced(node) }];
    });
  });
}

function traced({ name, opType, domain, input }: NodeProto): TracedNode {
  const standard = domainName(domain) === 'ai.onnx';
  return {
    name,
    operator: standard ? opType : `${domain}::${opType}`,
    inputs: input.filter((tensor) => tensor),
  };
}

/** Files list a node after those it depends on, or should; what is not so comes as soon as it can. */
function inOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const made = new Set(nodes.flatMap(({ output }) => output));
  const done = new Set<string>();
  const ordered: NodeProto[] = [];
  let waiting = [...nodes];
  while (waiting.length > 0) {
    const later = waiting.filter((node) => {
      if (node.input.some((name) => made.has(name) && !done.has(name))) return true;
      ordered.push(node);
      for (const name of node.output) done.add(name);
      return false;
    });
    if (later.length === waiting.length) break;
    waiting = later;
  }
  return ordered;
}
