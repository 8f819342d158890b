import { elementBytes } from './element-types';
import type { AttributeProto, ModelProto, NodeProto, SparseTensorProto, TensorProto } from './onnx_pb';
import { nodeName, scopesOf } from './scopes';

const EXTERNAL = 1;

/** A tensor and where the model holds it. */
export interface LocatedTensor {
  readonly tensor: TensorProto;
  /** `initialiser "weights" of graph`, `attribute value of Constant "c" in graph`. */
  readonly where: string;
  readonly role: 'initializer' | 'attribute';
  /** The node whose attribute it is. */
  readonly node?: NodeProto;
  /** The sparse tensor it is a part of. */
  readonly sparse?: SparseTensorProto;
}

/** Every tensor a model can hold: of graphs, subgraphs, functions and training graphs, sparse ones too. */
export function tensorsOf(model: ModelProto): LocatedTensor[] {
  const inScopes = scopesOf(model).flatMap(({ path, nodes, graph }): LocatedTensor[] => [
    ...(graph?.initializer ?? []).map((tensor) => ({
      tensor,
      where: `initialiser "${tensor.name}" of ${path}`,
      role: 'initializer' as const,
    })),
    ...(graph?.sparseInitializer ?? []).flatMap((sparse) =>
      parts(sparse, `sparse initialiser "${sparse.values?.name ?? ''}" of ${path}`, 'initializer'),
    ),
    ...nodes.flatMap((node) =>
      attributeTensors(node.attribute, `of ${nodeName(node)} in ${path}`).map((located) => ({
        ...located,
        node,
      })),
    ),
  ]);
  const defaults = model.functions.flatMap(({ name, attributeProto }) =>
    attributeTensors(attributeProto, `of function ${name}`),
  );
  return [...inScopes, ...defaults];
}

/** Product of the sizes; 1 for a scalar. Above 2^53 it is not exact. */
export function elementCountOf({ dims }: TensorProto): number {
  return dims.reduce((product, size) => product * Number(size), 1);
}

/** Bytes its elements take; 0 for strings, whose size is not told. */
export function tensorBytes(tensor: TensorProto): number {
  return elementBytes(tensor.dataType, elementCountOf(tensor));
}

export function isExternal({ dataLocation }: TensorProto): boolean {
  return dataLocation === EXTERNAL;
}

export function externalEntry({ externalData }: TensorProto, key: string): string | undefined {
  return externalData.find((pair) => pair.key === key)?.value;
}

function attributeTensors(attributes: readonly AttributeProto[], of: string): LocatedTensor[] {
  return attributes.flatMap(({ name, t, tensors, sparseTensor, sparseTensors }) => {
    const where = `attribute ${name} ${of}`;
    const dense = t ? [t, ...tensors] : tensors;
    const sparse = sparseTensor ? [sparseTensor, ...sparseTensors] : sparseTensors;
    return [
      ...dense.map((tensor) => ({ tensor, where, role: 'attribute' as const })),
      ...sparse.flatMap((tensor) => parts(tensor, where, 'attribute')),
    ];
  });
}

function parts(sparse: SparseTensorProto, where: string, role: LocatedTensor['role']): LocatedTensor[] {
  const { values, indices } = sparse;
  return [
    ...(values ? [{ tensor: values, where: `values of ${where}`, role, sparse }] : []),
    ...(indices ? [{ tensor: indices, where: `indices of ${where}`, role, sparse }] : []),
  ];
}
