import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type ValueInfoProto,
} from '../../lib/artifact/onnx/onnx_pb';

export const TYPES = {
  float32: 1,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

export function value(
  name: string,
  shape: readonly (number | string)[],
  type: number = TYPES.float32,
): ValueInfoProto {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  const tensorType = { case: 'tensorType' as const, value: { elemType: type, shape: { dim } } };
  return create(ValueInfoProtoSchema, { name, type: { value: tensorType } });
}

/** An attribute of the kind its value has: a tensor, a graph, whole numbers, a text. */
export function attribute(
  name: string,
  content: number | readonly number[] | string | TensorProto | GraphProto,
): AttributeProto {
  const init: MessageInitShape<typeof AttributeProtoSchema> = { name };
  if (typeof content === 'number') Object.assign(init, { i: BigInt(content), type: 2 });
  else if (typeof content === 'string') Object.assign(init, { s: Buffer.from(content), type: 3 });
  else if (Array.isArray(content)) Object.assign(init, { ints: content.map(BigInt), type: 7 });
  else if ('$typeName' in content && content.$typeName === 'onnx.TensorProto')
    Object.assign(init, { t: content, type: 4 });
  else Object.assign(init, { g: content, type: 5 });
  return create(AttributeProtoSchema, init);
}

export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Parameters<typeof attribute>[1]>> = {},
  others: Partial<Pick<NodeProto, 'domain' | 'name'>> = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([name, content]) => attribute(name, content)),
    ...others,
  });
}

export function tensor(name: string, init: MessageInitShape<typeof TensorProtoSchema>): TensorProto {
  return create(TensorProtoSchema, { name, dataType: TYPES.float32, ...init });
}

export function floats(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): TensorProto {
  return tensor(name, { dims: dims.map(BigInt), rawData: new Uint8Array(Float32Array.from(values).buffer) });
}

export function int64s(
  name: string,
  values: readonly (number | bigint)[],
  dims: readonly number[] = [values.length],
): TensorProto {
  const rawData = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return tensor(name, { dims: dims.map(BigInt), dataType: TYPES.int64, rawData });
}

export function bool(name: string, content: boolean): TensorProto {
  return tensor(name, { dataType: TYPES.bool, rawData: Uint8Array.of(content ? 1 : 0) });
}

export function external(
  name: string,
  dims: readonly number[],
  entries: Readonly<Record<string, string>>,
): TensorProto {
  const externalData = Object.entries(entries).map(([key, content]) => ({ key, value: content }));
  return tensor(name, { dims: dims.map(BigInt), dataLocation: 1, externalData });
}

export function graph(init: MessageInitShape<typeof GraphProtoSchema>): GraphProto {
  return create(GraphProtoSchema, { name: 'graph', ...init });
}

export function definition(name: string, nodes: readonly NodeProto[]): FunctionProto {
  return create(FunctionProtoSchema, {
    name,
    domain: 'own',
    input: ['a'],
    output: ['b'],
    node: [...nodes],
    opsetImport: [{ version: 18n }, { domain: 'own', version: 1n }],
  });
}

export interface ModelParts {
  readonly irVersion?: bigint;
  readonly opsetImport?: { readonly domain?: string; readonly version: bigint }[];
  readonly nodes?: readonly NodeProto[];
  readonly inputs?: readonly ValueInfoProto[];
  readonly outputs?: readonly ValueInfoProto[];
  readonly initializers?: readonly TensorProto[];
  readonly sparse?: readonly SparseTensorProto[];
  readonly functions?: FunctionProto[];
  readonly trainingInfo?: { readonly initialization?: GraphProto; readonly algorithm?: GraphProto }[];
}

/** A sound model, x [batch, 2] to y of the same, but for the parts given. */
export function model({
  irVersion = 9n,
  opsetImport = [{ version: 18n }, { domain: 'own', version: 1n }],
  nodes = [node('Identity', ['x'], ['y'])],
  inputs = [value('x', ['batch', 2])],
  outputs = [value('y', ['batch', 2])],
  initializers = [],
  sparse = [],
  functions,
  trainingInfo,
}: ModelParts = {}): ModelProto {
  return create(ModelProtoSchema, {
    irVersion,
    opsetImport,
    functions,
    trainingInfo,
    graph: graph({
      node: [...nodes],
      input: [...inputs],
      output: [...outputs],
      initializer: [...initializers],
      sparseInitializer: [...sparse],
    }),
  });
}

export function bytesOf(content: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, content);
}
