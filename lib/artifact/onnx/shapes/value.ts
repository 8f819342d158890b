import type { NodeProto, TensorProto, TypeProto } from '../onnx_pb';
import { attributeOf } from '../scopes';
import { numbersOf } from '../small-values';

/** A size: a number, or the name of one that varies. `"?"` where nothing is known of it. */
export type Size = number | string;

/** What is known of a value without running anything. */
export interface Value {
  /** Number of the element type in ONNX; 0 where unknown. */
  readonly type: number;
  /** Absent where even the rank is unknown. */
  readonly shape?: readonly Size[];
  /** The elements themselves, where they are few and constant. */
  readonly numbers?: readonly number[];
}

export const UNKNOWN: Value = { type: 0 };

/** Constants of more elements are not followed. */
export const FOLLOWED_ELEMENTS = 64;

/** What a rule is asked about. */
export interface NodeContext {
  readonly node: NodeProto;
  /** Version of the standard operators. */
  readonly opset: number;
  /** An input; `undefined` where it is left out. */
  readonly input: (index: number) => Value | undefined;
}

export function integer({ node }: NodeContext, name: string, fallback: number): number {
  const attribute = attributeOf(node, name);
  return attribute ? Number(attribute.i) : fallback;
}

export function integers({ node }: NodeContext, name: string): readonly number[] | undefined {
  return attributeOf(node, name)?.ints.map(Number);
}

export function text({ node }: NodeContext, name: string): string {
  return Buffer.from(attributeOf(node, name)?.s ?? []).toString('utf8');
}

/** An input that tells sizes or axes, or in older operator sets the attribute that did. */
export function constant(
  context: NodeContext,
  index: number,
  attribute: string,
): readonly number[] | undefined {
  return context.input(index)?.numbers ?? integers(context, attribute);
}

export function valueOfTensor(tensor: TensorProto): Value {
  const shape = tensor.dims.map(Number);
  const few = shape.reduce((product, size) => product * size, 1) <= FOLLOWED_ELEMENTS;
  return { type: tensor.dataType, shape, numbers: few ? numbersOf(tensor) : undefined };
}

export function valueOfType(type: TypeProto | undefined): Value {
  if (type?.value.case !== 'tensorType') return UNKNOWN;
  const { elemType, shape } = type.value.value;
  const sizes = shape?.dim.map(({ value }) =>
    typeof value.value === 'bigint' && value.value >= 0n ? Number(value.value) : String(value.value || '?'),
  );
  return { type: elemType, shape: sizes };
}

/** Product of the sizes; absent where one of them varies. */
export function elementsOf({ shape }: Value): number | undefined {
  if (!shape?.every((size) => typeof size === 'number')) return undefined;
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape of operands that are spread over each other; absent where an unknown size could decide. */
export function broadcast(values: readonly (Value | undefined)[]): readonly Size[] | undefined {
  const shapes = values.map((value) => value?.shape);
  if (!shapes.every((shape) => shape !== undefined)) return undefined;
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    const number = sizes.find((size) => typeof size === 'number');
    if (number !== undefined || sizes.length === 0) return number ?? 1;
    return sizes.every((size) => size === sizes[0]) ? (sizes[0] ?? 1) : '?';
  });
}

/** A shape with another size on one axis; nothing where there is no such axis. */
export function resized(
  shape: readonly Size[] | undefined,
  axis: number,
  size: Size,
): readonly Size[] | undefined {
  return shape && axis >= 0 && axis < shape.length ? shape.with(axis, size) : undefined;
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
