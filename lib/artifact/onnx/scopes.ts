import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
} from './onnx_pb';

/** A list of nodes with names of its own: the main graph, a subgraph, a function, a training graph. */
export interface Scope {
  /** `graph`, `graph/If "choice" then_branch`, `function own::Twice`, `training 0 algorithm`. */
  readonly path: string;
  readonly kind: 'graph' | 'subgraph' | 'function' | 'training';
  /** Graphs it is nested in. */
  readonly depth: number;
  /** What it is nested in, and the node there that holds it. */
  readonly parent?: Scope;
  readonly owner?: NodeProto;
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of initialisers, sparse ones included. */
  readonly stored: readonly string[];
  /** Absent for a function. */
  readonly graph?: GraphProto;
}

/** Everything of a model that holds nodes; each scope comes before those nested in it. */
export function scopesOf(model: ModelProto): Scope[] {
  const training = model.trainingInfo.flatMap(({ initialization, algorithm }, index) => [
    ...(initialization
      ? graphScopes(initialization, { path: `training ${index} initialization`, kind: 'training', depth: 0 })
      : []),
    ...(algorithm
      ? graphScopes(algorithm, { path: `training ${index} algorithm`, kind: 'training', depth: 0 })
      : []),
  ]);
  return [
    ...(model.graph ? graphScopes(model.graph, { path: 'graph', kind: 'graph', depth: 0 }) : []),
    ...model.functions.flatMap(functionScopes),
    ...training,
  ];
}

/** `domain::name`; the standard domain is `ai.onnx`. */
export function functionName({ domain, name }: FunctionProto): string {
  return `${domainName(domain)}::${name}`;
}

/** The standard domain has an empty name in files. */
export function domainName(domain: string): string {
  return domain || 'ai.onnx';
}

/** `Add "sum"`, or `Add` for a node without a name. */
export function nodeName({ opType, name }: NodeProto): string {
  return name === '' ? opType : `${opType} "${name}"`;
}

export function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function subgraphsOf({ g, graphs }: AttributeProto): GraphProto[] {
  return g ? [g, ...graphs] : graphs;
}

type Place = Pick<Scope, 'path' | 'kind' | 'depth' | 'parent' | 'owner'>;

function graphScopes(graph: GraphProto, place: Place): Scope[] {
  const scope: Scope = {
    ...place,
    nodes: graph.node,
    inputs: graph.input.map(({ name }) => name),
    outputs: graph.output.map(({ name }) => name),
    stored: [...graph.initializer.map(({ name }) => name), ...graph.sparseInitializer.map(sparseName)],
    graph,
  };
  return [scope, ...nested(scope)];
}

function functionScopes(definition: FunctionProto): Scope[] {
  const scope: Scope = {
    path: `function ${functionName(definition)}`,
    kind: 'function',
    depth: 0,
    nodes: definition.node,
    inputs: definition.input,
    outputs: definition.output,
    stored: [],
  };
  return [scope, ...nested(scope)];
}

function nested(parent: Scope): Scope[] {
  return parent.nodes.flatMap((owner) =>
    owner.attribute.flatMap((attribute) =>
      subgraphsOf(attribute).flatMap((graph) =>
        graphScopes(graph, {
          path: `${parent.path}/${nodeName(owner)} ${attribute.name}`,
          kind: 'subgraph',
          depth: parent.depth + 1,
          parent,
          owner,
        }),
      ),
    ),
  );
}

function sparseName({ values }: SparseTensorProto): string {
  return values?.name ?? '';
}
