import { domainName, scopesOf, type Scope } from '../scopes';
import type { ModelProto, NodeProto } from '../onnx_pb';
import { COMPUTE_RULES } from './rules-compute';
import type { ShapeRule } from './rules';
import { SHAPE_RULES } from './rules-shape';
import {
  elementsOf,
  FOLLOWED_ELEMENTS,
  UNKNOWN,
  valueOfTensor,
  valueOfType,
  type Size,
  type Value,
} from './value';

/** One node with what is known of its values. */
export interface TypedNode {
  readonly node: NodeProto;
  readonly scope: Scope;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
}

const RULES: Readonly<Record<string, ShapeRule | undefined>> = { ...SHAPE_RULES, ...COMPUTE_RULES };

const MAX_RANK = 64;

/** Sizes and constants in all; of what comes after so many, only what the file declares is known. */
const MAX_FOLLOWED = 4_000_000;

const DOMAINS = ['ai.onnx', 'com.microsoft'];

/**
 * Follows shapes and small constants through the main graph and its subgraphs. What a rule does not know
 * is taken from the shapes the file declares, or stays unknown.
 *
 * @param sizes numbers for sizes that vary, by name; `x.0` is the first size of input x where it has none
 */
export function inferShapes(model: ModelProto, sizes: Readonly<Record<string, number>> = {}): TypedNode[] {
  const opset = Number(
    model.opsetImport.find(({ domain }) => domainName(domain) === 'ai.onnx')?.version ?? 1,
  );
  const scopes = scopesOf(model).filter(({ kind }) => kind === 'graph' || kind === 'subgraph');
  const nested = new Map<NodeProto, Scope[]>();
  for (const scope of scopes) {
    if (scope.owner) nested.set(scope.owner, [...(nested.get(scope.owner) ?? []), scope]);
  }
  const known = new Map<Scope, Map<string, Value>>();
  const typed: TypedNode[] = [];
  let followed = 0;

  const find = (scope: Scope, name: string): Value => {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const value = known.get(at)?.get(name);
      if (value) return value;
    }
    return UNKNOWN;
  };
  const follow = (scope: Scope): Value[] => {
    const values = new Map<string, Value>();
    known.set(scope, values);
    const declared = declare(scope, values, sizes);
    for (const node of scope.nodes) {
      const inputs = node.input.map((name) => (name === '' ? undefined : find(scope, name)));
      const place = typed.push({ node, scope, inputs, outputs: [] }) - 1;
      // Graphs nested in a node see what is known up to it.
      const branches = (nested.get(node) ?? []).map(follow);
      const context = { node, opset, input: (index: number) => inputs[index] };
      const made =
        followed > MAX_FOLLOWED ? [] : node.opType === 'If' ? either(branches) : ruleOf(node)?.(context);
      const outputs = node.output.map((name, index) => merge(made?.[index], declared.get(name)));
      for (const { shape = [], numbers = [] } of outputs) followed += 1 + shape.length + numbers.length;
      node.output.forEach((name, index) => values.set(name, outputs[index] ?? UNKNOWN));
      typed[place] = { node, scope, inputs, outputs };
    }
    return scope.outputs.map((name) => find(scope, name));
  };
  for (const scope of scopes) if (scope.kind === 'graph') follow(scope);
  return typed;
}

function ruleOf({ domain, opType }: NodeProto): ShapeRule | undefined {
  return DOMAINS.includes(domainName(domain)) && Object.hasOwn(RULES, opType) ? RULES[opType] : undefined;
}

/** What is known of a value whichever branch is taken. */
function either([first = [], ...others]: readonly (readonly Value[])[]): Value[] {
  return first.map(({ type, shape }, index) => {
    const shapes = others.map((values) => values[index]?.shape);
    if (!shapes.every((other) => other?.length === shape?.length)) return { type };
    return {
      type,
      shape: shape?.map((size, axis) => (shapes.every((other) => other?.[axis] === size) ? size : '?')),
    };
  });
}

/** How a size is called that varies; the unnamed sizes of an input by their place. */
export function sizeName(size: Size, axis: number, input?: string): string | undefined {
  if (typeof size === 'number') return undefined;
  if (size !== '?') return size;
  return input === undefined ? undefined : `${input}.${axis}`;
}

/** Enters inputs and initialisers, and returns what the file says of all other values. */
function declare(
  { graph }: Scope,
  values: Map<string, Value>,
  sizes: Readonly<Record<string, number>>,
): ReadonlyMap<string, Value> {
  const given = (value: Value, name?: string): Value => ({
    ...value,
    shape: value.shape?.map((size, axis) => sizes[sizeName(size, axis, name) ?? ''] ?? size),
  });
  const infos = [...(graph?.valueInfo ?? []), ...(graph?.output ?? [])];
  for (const { name, type } of graph?.input ?? []) values.set(name, bounded(given(valueOfType(type), name)));
  for (const tensor of graph?.initializer ?? []) values.set(tensor.name, bounded(valueOfTensor(tensor)));
  for (const { values: tensor, dims } of graph?.sparseInitializer ?? []) {
    if (tensor) values.set(tensor.name, bounded({ type: tensor.dataType, shape: dims.map(Number) }));
  }
  return new Map(infos.map(({ name, type }) => [name, given(valueOfType(type))]));
}

/** A rule knows better than a declaration, which may be wrong; but it may not know every size. */
function merge(inferred: Value = UNKNOWN, declared: Value = UNKNOWN): Value {
  const made = bounded(inferred);
  const type = made.type || declared.type;
  if (!made.shape) return { ...made, type, shape: declared.shape };
  if (declared.shape?.length !== made.shape.length) return { ...made, type };
  const told = declared.shape;
  const shape = made.shape.map((size, axis): Size =>
    typeof size === 'number' ? size : (told[axis] ?? size),
  );
  return { ...made, type, shape };
}

/** Constants and ranks that a model could double with every node are not followed without end. */
function bounded({ type, shape, numbers }: Value): Value {
  const ranked = shape && shape.length <= MAX_RANK ? shape : undefined;
  const few = numbers && numbers.length <= FOLLOWED_ELEMENTS;
  const fits = few && elementsOf({ type, shape: ranked }) === numbers.length;
  return { type, shape: ranked, numbers: fits ? numbers : undefined };
}
