import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { elementTypeName, elementTypeNumber } from '../onnx/element-types';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../onnx/onnx_pb';
import { readStructure } from '../onnx/read-model';
import { externalEntry, isExternal, tensorsOf } from '../onnx/tensors';
import { isMiniFloat } from '../mini-float';
import { isElementType, type ElementType } from '../tensor';
import { carrierOf } from './carriers';

/** An input or output that travels as another type, under another name. */
export interface AdaptedValue {
  /** Its name in the adapted graph. */
  readonly name: string;
  /** Its type in the model. */
  readonly dtype: ElementType;
}

/** A copy of a model whose inputs and outputs all have types that the Node binding carries. */
export interface AdaptedModel {
  readonly bytes: Uint8Array;
  /** What changed, by the name in the model. */
  readonly inputs: ReadonlyMap<string, AdaptedValue>;
  readonly outputs: ReadonlyMap<string, AdaptedValue>;
  /** The files beside the model that hold some of its tensors: bytes have no directory to look in. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

const ATTRIBUTE_INT = 2;

/**
 * Casts inputs and outputs of element types that the Node binding does not carry, inside a copy of the
 * graph: the input `x` of type bfloat16 becomes the float32 input `x/carried`, whose cast is `x`.
 *
 * @returns nothing when there is none to cast
 * @throws IssueError when the file is broken
 * @throws UncarriedError for a type that nothing carries
 */
export function adaptModel(file: string): AdaptedModel | undefined {
  const { model: structure } = readStructure(file);
  const values = [...(structure.graph?.input ?? []), ...(structure.graph?.output ?? [])];
  refuseUncarried(structure.graph);
  if (!values.some((value) => carrierOf(typeName(value)))) return undefined;
  const model = fromBinary(ModelProtoSchema, readFileSync(file));
  const graph = (model.graph ??= create(GraphProtoSchema));
  const inputs = adaptInputs(graph);
  const outputs = adaptOutputs(graph);
  const externalData = externalLocations(model).map((path) => ({ path, data: readBeside(file, path) }));
  return { bytes: toBinary(ModelProtoSchema, model), inputs, outputs, externalData };
}

function externalLocations(model: ModelProto): string[] {
  const tensors = tensorsOf(model).filter(({ tensor }) => isExternal(tensor));
  return [...new Set(tensors.map(({ tensor }) => externalEntry(tensor, 'location') ?? ''))];
}

/** No link and no `..` leads out of the model's directory, as in the runtime's own reader. */
function readBeside(file: string, location: string): Uint8Array {
  const directory = realpathSync(dirname(file));
  const path = join(directory, location);
  if (!path.startsWith(directory + sep) || realpathSync(path) !== path || statSync(path).nlink > 1) {
    throw new Error(`external data "${location}" is not a plain file in the directory of the model`);
  }
  return readFileSync(path);
}

/** An input or output whose type has no way through the Node binding. */
export class UncarriedError extends Error {}

function refuseUncarried(graph: GraphProto | undefined): void {
  const values = [
    ...(graph?.input ?? []).map((value) => [`input "${value.name}"`, typeName(value)] as const),
    ...(graph?.output ?? []).map((value) => [`output "${value.name}"`, typeName(value)] as const),
  ];
  const refused = values.find(([, type]) => !isElementType(type));
  if (refused) {
    throw new UncarriedError(`${refused[0]} is of type ${refused[1]}, which the Node binding does not carry`);
  }
}

function adaptInputs(graph: GraphProto): Map<string, AdaptedValue> {
  const adapted = new Map<string, AdaptedValue>();
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const casts: NodeProto[] = [];
  graph.input = graph.input.flatMap((value) => {
    const dtype = typeName(value) as ElementType;
    const carrier = carrierOf(dtype);
    if (!carrier) return [value];
    // An initialiser that may be fed keeps its value.
    if (constants.has(value.name)) return [];
    const name = `${value.name}/carried`;
    adapted.set(value.name, { name, dtype });
    casts.push(castNode(name, name, value.name, dtype));
    return [withType(value, name, carrier)];
  });
  graph.node.unshift(...casts);
  return adapted;
}

function adaptOutputs(graph: GraphProto): Map<string, AdaptedValue> {
  const adapted = new Map<string, AdaptedValue>();
  graph.output = graph.output.map((value) => {
    const dtype = typeName(value) as ElementType;
    const carrier = carrierOf(dtype);
    if (!carrier) return value;
    const name = `${value.name}/carried`;
    adapted.set(value.name, { name, dtype });
    graph.node.push(castNode(name, value.name, name, carrier));
    return withType(value, name, carrier);
  });
  return adapted;
}

function castNode(name: string, input: string, output: string, to: ElementType): NodeProto {
  const attributes = { to: elementTypeNumber(to), ...(isFloat8(to) && { saturate: 0 }) };
  return create(NodeProtoSchema, {
    name,
    opType: 'Cast',
    input: [input],
    output: [output],
    attribute: Object.entries(attributes).map(([attribute, value]) =>
      create(AttributeProtoSchema, { name: attribute, i: BigInt(value), type: ATTRIBUTE_INT }),
    ),
  });
}

/** The casts that would otherwise make the largest number of an infinity. */
function isFloat8(type: ElementType): boolean {
  return isMiniFloat(type) && type.startsWith('float8e') && type !== 'float8e8m0';
}

function withType({ type }: ValueInfoProto, name: string, dtype: ElementType): ValueInfoProto {
  const shape = type?.value.case === 'tensorType' ? type.value.value.shape : undefined;
  const elemType = elementTypeNumber(dtype);
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape } } },
  });
}

function typeName({ type }: ValueInfoProto): string {
  const value = type?.value;
  if (value?.case === 'tensorType') return elementTypeName(value.value.elemType);
  return value?.case?.replace('Type', '').toLowerCase() ?? 'unknown';
}
