import { createHash } from 'node:crypto';
import { elementTypeName } from '../onnx/element-types';
import type { ModelStructure } from '../onnx/model-structure';
import type { AttributeProto, NodeProto, SparseTensorProto, TensorProto } from '../onnx/onnx_pb';
import { domainName, scopesOf, type Scope } from '../onnx/scopes';
import { elementChunks } from '../onnx/tensor-bytes';
import type { DiffNode } from './model-diff';

/** A node with its inputs traced to where they come from. */
export interface FlatNode extends DiffNode {
  /** What it does, whatever it is called: operator, attributes, forms of its constants. */
  readonly local: string;
  readonly sources: readonly Source[];
  /** Set for the outputs of a graph, which count as nodes that only receive. */
  readonly output?: true;
}

export type Source =
  | { readonly kind: 'node'; readonly node: number; readonly output: number }
  | { readonly kind: 'constant'; readonly constant: Constant }
  /** An input of a graph or function, by its place; those of the main graph by name. */
  | { readonly kind: 'input'; readonly key: string }
  | { readonly kind: 'none' };

/** An initialiser, or the value of a Constant. */
export interface Constant {
  readonly name: string;
  /** `float32 [3, 4]`. */
  readonly form: string;
  /** SHA-256 of its content. */
  readonly digest: () => string;
}

/** All nodes of a model, and the outputs of its graphs, in the order of the file. */
export function flatten(structure: ModelStructure): FlatNode[] {
  const flat: FlatNode[] = [];
  const places = new Map<Scope, ReadonlyMap<string, Source>>();
  const pending: { readonly scope: Scope; readonly index: number; readonly node: NodeProto }[] = [];
  // Every value gets its place before any use is traced: nodes may stand in any order.
  for (const scope of scopesOf(structure.model)) {
    const values = entries(structure, scope);
    for (const node of scope.nodes) {
      if (node.opType === 'Constant' && node.domain === '') {
        const constant = constantOf(structure, node);
        for (const name of node.output) values.set(name, { kind: 'constant', constant });
        continue;
      }
      node.output.forEach((name, output) => {
        if (name !== '') values.set(name, { kind: 'node', node: pending.length, output });
      });
      pending.push({ scope, index: pending.length, node });
    }
    places.set(scope, values);
  }
  for (const { scope, node } of pending) {
    const sources = node.input.map((name) => find(name, scope, places));
    flat.push(describe(structure, scope, node, sources));
  }
  for (const scope of places.keys()) for (const output of outputsOf(scope, places)) flat.push(output);
  return flat;
}

function entries(structure: ModelStructure, scope: Scope): Map<string, Source> {
  const values = new Map<string, Source>();
  scope.inputs.forEach((name, index) => {
    values.set(name, { kind: 'input', key: scope.path === 'graph' ? name : `${scopeOf(scope)} ${index}` });
  });
  for (const tensor of scope.graph?.initializer ?? []) {
    values.set(tensor.name, { kind: 'constant', constant: stored(structure, tensor.name, [tensor]) });
  }
  for (const sparse of scope.graph?.sparseInitializer ?? []) {
    const name = sparse.values?.name ?? '';
    values.set(name, { kind: 'constant', constant: stored(structure, name, parts(sparse)) });
  }
  return values;
}

function find(name: string, scope: Scope, places: ReadonlyMap<Scope, ReadonlyMap<string, Source>>): Source {
  if (name === '') return { kind: 'none' };
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const source = places.get(at)?.get(name);
    if (source) return source;
  }
  return { kind: 'input', key: `unknown ${name}` };
}

function describe(
  structure: ModelStructure,
  scope: Scope,
  node: NodeProto,
  sources: readonly Source[],
): FlatNode {
  const operator = node.domain === '' ? node.opType : `${domainName(node.domain)}::${node.opType}`;
  const attributes = node.attribute
    .map((attribute) => `${attribute.name}=${attributeText(structure, attribute)}`)
    .sort();
  const forms = sources.map((source) => (source.kind === 'constant' ? source.constant.form : source.kind));
  const local = JSON.stringify([
    scopeOf(scope),
    operator,
    node.overload,
    attributes,
    forms,
    node.output.length,
  ]);
  return { operator, name: node.name, scope: scopeOf(scope), local, sources };
}

function outputsOf(scope: Scope, places: ReadonlyMap<Scope, ReadonlyMap<string, Source>>): FlatNode[] {
  return scope.outputs.map((name, index) => {
    const place = scope.path === 'graph' ? name : String(index);
    return {
      operator: 'output',
      name: place,
      scope: scopeOf(scope),
      local: JSON.stringify([scopeOf(scope), 'output', place]),
      sources: [find(name, scope, places)],
      output: true,
    };
  });
}

/** The path without the names of the nodes on it. */
function scopeOf({ path }: Scope): string {
  return path.replace(/ "[^"]*"/g, '');
}

/** The graphs inside are flattened with the rest. */
function attributeText(structure: ModelStructure, attribute: AttributeProto): string {
  const { type, f, i, s, t, floats, ints, strings, tensors, sparseTensor, sparseTensors, refAttrName } =
    attribute;
  const dense = [...(t ? [t] : []), ...tensors];
  const sparse = [...(sparseTensor ? [sparseTensor] : []), ...sparseTensors].flatMap(parts);
  const numbers = [f, ...floats].join();
  const texts = [s, ...strings].map((text) => Buffer.from(text).toString('hex')).join();
  const whole = [i, ...ints].join();
  const digests = [...dense, ...sparse].map((tensor) => stored(structure, '', [tensor]).digest());
  return [type, numbers, whole, texts, refAttrName, ...digests].join('|');
}

function constantOf(structure: ModelStructure, node: NodeProto): Constant {
  const [attribute] = node.attribute;
  const name = node.output[0] ?? '';
  if (attribute?.t) return stored(structure, name, [attribute.t]);
  if (attribute?.sparseTensor) return stored(structure, name, parts(attribute.sparseTensor));
  const text = attribute ? attributeText(structure, attribute) : '';
  return { name, form: attribute?.name ?? 'nothing', digest: () => text };
}

function stored(structure: ModelStructure, name: string, tensors: readonly TensorProto[]): Constant {
  const form = tensors
    .map(({ dataType, dims }) => `${elementTypeName(dataType)} [${dims.join(', ')}]`)
    .join(' at ');
  let digest: string | undefined;
  return { name, form, digest: () => (digest ??= digestOf(structure, tensors)) };
}

function digestOf(structure: ModelStructure, tensors: readonly TensorProto[]): string {
  const hash = createHash('sha256');
  for (const tensor of tensors) {
    hash.update(`${elementTypeName(tensor.dataType)} ${tensor.dims.join()}:`);
    for (const chunk of elementChunks(structure, tensor)) hash.update(chunk);
    for (const text of tensor.stringData) hash.update(`${text.length}:`).update(text);
  }
  return hash.digest('hex');
}

function parts({ values, indices }: SparseTensorProto): TensorProto[] {
  return [values, indices].filter((tensor) => tensor !== undefined);
}
