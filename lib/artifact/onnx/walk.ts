import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from './onnx_pb';

/** What a walk over a model comes by. */
export interface ModelVisitor {
  node(node: NodeProto): void;
  /** A tensor of an initialiser, dense or sparse. */
  initializer(tensor: TensorProto): void;
  /** A tensor inside an attribute. */
  attribute(tensor: TensorProto): void;
}

/** Visits everything a model can hold: the main graph, subgraphs, functions and training graphs. */
export function walkModel(model: ModelProto, visitor: ModelVisitor): void {
  const graphs = model.trainingInfo.flatMap(({ initialization, algorithm }) => [initialization, algorithm]);
  for (const graph of [model.graph, ...graphs]) if (graph) walkGraph(graph, visitor);
  for (const { node, attributeProto } of model.functions) {
    walkNodes(node, visitor);
    walkAttributes(attributeProto, visitor);
  }
}

function walkGraph(graph: GraphProto, visitor: ModelVisitor): void {
  for (const tensor of graph.initializer) visitor.initializer(tensor);
  for (const tensor of graph.sparseInitializer.flatMap(denseTensors)) visitor.initializer(tensor);
  walkNodes(graph.node, visitor);
}

function walkNodes(nodes: readonly NodeProto[], visitor: ModelVisitor): void {
  for (const node of nodes) {
    visitor.node(node);
    walkAttributes(node.attribute, visitor);
  }
}

function walkAttributes(attributes: readonly AttributeProto[], visitor: ModelVisitor): void {
  for (const { t, g, tensors, graphs, sparseTensor, sparseTensors } of attributes) {
    for (const tensor of t ? [t, ...tensors] : tensors) visitor.attribute(tensor);
    const sparse = sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors;
    for (const tensor of sparse.flatMap(denseTensors)) visitor.attribute(tensor);
    for (const graph of g ? [g, ...graphs] : graphs) walkGraph(graph, visitor);
  }
}

function denseTensors({ values, indices }: SparseTensorProto): TensorProto[] {
  return [values, indices].filter((tensor) => tensor !== undefined);
}
