import { attributeOf } from '../scopes';
import type { ShapeRule } from './rules';
import {
  constant,
  elementsOf,
  FOLLOWED_ELEMENTS,
  fromFront,
  integer,
  resized,
  UNKNOWN,
  valueOfTensor,
  type NodeContext,
  type Size,
  type Value,
} from './value';

const INT64 = 7;
const FLOAT32 = 1;

/** Operators that move, cut, repeat or make tensors, and those that compute with shapes. */
export const SHAPE_RULES: Readonly<Record<string, ShapeRule>> = {
  Constant: ({ node }) => {
    const { t, floats, ints, f, i } = node.attribute[0] ?? {};
    if (t) return [valueOfTensor(t)];
    switch (node.attribute[0]?.name) {
      case 'value_int':
        return [{ type: INT64, shape: [], numbers: [Number(i)] }];
      case 'value_float':
        return [{ type: FLOAT32, shape: [], numbers: [f ?? 0] }];
      case 'value_ints':
        return [{ type: INT64, shape: [ints?.length ?? 0], numbers: ints?.map(Number) }];
      case 'value_floats':
        return [{ type: FLOAT32, shape: [floats?.length ?? 0], numbers: floats }];
      default:
        return [UNKNOWN];
    }
  },
  Shape: (context) => {
    const shape = context.input(0)?.shape;
    const sizes = shape?.slice(integer(context, 'start', 0), integer(context, 'end', shape.length));
    const numbers = sizes?.every((size) => typeof size === 'number') ? sizes : undefined;
    return [{ type: INT64, shape: sizes && [sizes.length], numbers }];
  },
  Size: ({ input }) => {
    const elements = elementsOf(input(0) ?? UNKNOWN);
    return [{ type: INT64, shape: [], numbers: elements === undefined ? undefined : [elements] }];
  },
  ConstantOfShape: ({ node, input }) => {
    const value = attributeOf(node, 'value')?.t;
    const shape = sizesIn(input(0));
    const made = { type: value?.dataType ?? FLOAT32, shape };
    const single = value ? valueOfTensor(value).numbers?.[0] : 0;
    const elements = elementsOf(made);
    const few = single !== undefined && elements !== undefined && elements <= FOLLOWED_ELEMENTS;
    return [{ ...made, numbers: few ? Array.from({ length: elements }, () => single) : undefined }];
  },
  RandomNormal: made,
  RandomUniform: made,
  HannWindow: window,
  HammingWindow: window,
  BlackmanWindow: window,
  Range: ({ input }) => {
    const [start, limit, delta] = [0, 1, 2].map((index) => input(index)?.numbers?.[0]);
    const type = input(0)?.type ?? 0;
    if (start === undefined || limit === undefined || !delta) return [{ type, shape: ['?'] }];
    return [{ type, shape: [Math.max(0, Math.ceil((limit - start) / delta))] }];
  },
  OneHot: (context) => {
    const indices = context.input(0)?.shape;
    const depth = context.input(1)?.numbers?.[0] ?? '?';
    const axis = indices && fromFront(integer(context, 'axis', -1), indices.length + 1);
    const shape = axis === undefined ? undefined : indices?.toSpliced(axis, 0, depth);
    return [{ type: context.input(2)?.type ?? 0, shape }];
  },
  Expand: ({ input }) => {
    const sizes = sizesIn(input(1));
    const from = input(0)?.shape;
    if (!from || !sizes) return [{ type: input(0)?.type ?? 0 }];
    const rank = Math.max(from.length, sizes.length);
    const shape = Array.from({ length: rank }, (_, axis) => {
      const [a, b] = [from[axis - rank + from.length] ?? 1, sizes[axis - rank + sizes.length] ?? 1];
      return a === 1 || (typeof a === 'string' && typeof b === 'number' && b !== 1) ? b : a;
    });
    return [{ type: input(0)?.type ?? 0, shape }];
  },
  Tile: ({ input }) => {
    const repeats = input(1)?.numbers;
    const shape = input(0)?.shape?.map((size, axis) => times(size, repeats?.[axis]));
    return [{ type: input(0)?.type ?? 0, shape }];
  },
  Pad: (context) => {
    const pads = constant(context, 1, 'pads');
    const { type, shape } = context.input(0) ?? UNKNOWN;
    const axes = context.input(3)?.numbers ?? shape?.map((_, axis) => axis) ?? [];
    const padded = shape?.map((size, axis) => {
      const at = axes.findIndex((candidate) => fromFront(candidate, shape.length) === axis);
      if (at === -1) return size;
      const more = pads && (pads[at] ?? 0) + (pads[at + axes.length] ?? 0);
      return typeof size === 'number' && more !== undefined ? Math.max(0, size + more) : '?';
    });
    return [{ type, shape: padded }];
  },
  Resize: (context) => {
    const [scales, sizes] =
      context.opset < 11 ? [context.input(1), undefined] : [context.input(2), context.input(3)];
    return [scaled(context.input(0), scales?.numbers, sizes?.numbers)];
  },
  Upsample: (context) => {
    const scales = context.input(1)?.numbers ?? attributeOf(context.node, 'scales')?.floats;
    return [scaled(context.input(0), scales, undefined)];
  },
  Reshape: (context) => {
    const { type, shape, numbers } = context.input(0) ?? UNKNOWN;
    const wanted = constant(context, 1, 'shape');
    const reshaped = wanted && reshape(shape, wanted, integer(context, 'allowzero', 0) === 1);
    return [{ type, shape: reshaped, numbers }];
  },
  Flatten: (context) => {
    const { type, shape } = context.input(0) ?? UNKNOWN;
    if (!shape) return [{ type, shape: ['?', '?'] }];
    const axis = fromFront(integer(context, 'axis', 1), shape.length);
    return [{ type, shape: [product(shape.slice(0, axis)), product(shape.slice(axis))] }];
  },
  Transpose: (context) => {
    const { type, shape, numbers } = context.input(0) ?? UNKNOWN;
    const order =
      attributeOf(context.node, 'perm')?.ints.map(Number) ?? shape?.map((_, axis) => shape.length - 1 - axis);
    const permuted = shape && order?.map((axis) => shape[axis] ?? '?');
    return [{ type, shape: permuted, numbers: order && permute(numbers, shape, order) }];
  },
  Squeeze: (context) => {
    const { type, shape, numbers } = context.input(0) ?? UNKNOWN;
    const axes = constant(context, 1, 'axes')?.map((axis) => fromFront(axis, shape?.length ?? 0));
    if (!axes && context.input(1)) return [{ type }];
    return [
      { type, shape: shape?.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)), numbers },
    ];
  },
  Unsqueeze: (context) => {
    const { type, shape, numbers } = context.input(0) ?? UNKNOWN;
    const axes = constant(context, 1, 'axes');
    if (!shape || !axes) return [{ type }];
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => fromFront(axis, rank)));
    const rest = [...shape];
    return [
      {
        type,
        shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? '?'))),
        numbers,
      },
    ];
  },
  Concat: (context) => {
    const values = context.node.input.map((_, index) => context.input(index) ?? UNKNOWN);
    const [first = UNKNOWN] = values;
    const axis = first.shape && fromFront(integer(context, 'axis', 0), first.shape.length);
    const sizes = values.map(({ shape }) => (axis === undefined ? '?' : (shape?.[axis] ?? '?')));
    const total = sizes.every((size) => typeof size === 'number')
      ? sizes.reduce((sum, size) => sum + size, 0)
      : '?';
    const known = first.shape?.length === 1 && values.every(({ numbers }) => numbers);
    return [
      {
        type: first.type,
        shape: axis === undefined ? undefined : resized(first.shape, axis, total),
        numbers: known ? values.flatMap(({ numbers }) => numbers ?? []) : undefined,
      },
    ];
  },
  Split: (context) => {
    const { type, shape } = context.input(0) ?? UNKNOWN;
    const sizes = constant(context, 1, 'split');
    const computed = sizes === undefined && context.input(1) !== undefined;
    const axis = fromFront(integer(context, 'axis', 0), shape?.length ?? 0);
    const { length } = context.node.output;
    return context.node.output.map((_, index) => {
      const whole = shape?.[axis];
      const even = typeof whole === 'number' && !computed ? Math.ceil(whole / length) : '?';
      const size =
        typeof whole === 'number' && typeof even === 'number' && index === length - 1
          ? whole - even * index
          : even;
      return {
        type,
        shape: resized(shape, axis, sizes?.[index] ?? size),
      };
    });
  },
  Slice: (context) => {
    const { type, shape, numbers } = context.input(0) ?? UNKNOWN;
    const [starts, ends] = [constant(context, 1, 'starts'), constant(context, 2, 'ends')];
    const axes = constant(context, 3, 'axes') ?? starts?.map((_, index) => index);
    const steps = context.input(4)?.numbers ?? starts?.map(() => 1);
    if (!shape || !starts || !ends || !axes || !steps || axes.length > shape.length) {
      return [{ type, shape: shape?.map(() => '?') }];
    }
    const sliced: Size[] = [...shape];
    let kept = numbers;
    axes.forEach((given, index) => {
      const axis = fromFront(given, shape.length);
      const size = shape[axis];
      if (typeof size !== 'number') return void (sliced[axis] = '?');
      const picked = indices(size, starts[index] ?? 0, ends[index] ?? size, steps[index] ?? 1);
      kept = kept && take(kept, sliced, axis, picked);
      sliced[axis] = picked.length;
    });
    return [{ type, shape: sliced, numbers: kept }];
  },
  Gather: (context) => {
    const data = context.input(0) ?? UNKNOWN;
    const { shape: positions, numbers } = context.input(1) ?? UNKNOWN;
    const axis = fromFront(integer(context, 'axis', 0), data.shape?.length ?? 0);
    const shape =
      positions && data.shape
        ? [...data.shape.slice(0, axis), ...positions, ...data.shape.slice(axis + 1)]
        : undefined;
    const known = data.shape?.length === 1 ? data.numbers : undefined;
    const picked = known && numbers?.map((index) => known[fromFront(index, known.length)]);
    return [
      { type: data.type, shape, numbers: picked?.every((value) => value !== undefined) ? picked : undefined },
    ];
  },
};

function made(context: NodeContext): Value[] {
  const shape = attributeOf(context.node, 'shape')?.ints.map(Number);
  return [{ type: integer(context, 'dtype', FLOAT32), shape }];
}

function window(context: NodeContext): Value[] {
  return [
    { type: integer(context, 'output_datatype', FLOAT32), shape: [context.input(0)?.numbers?.[0] ?? '?'] },
  ];
}

/** A shape that is the content of a tensor. */
function sizesIn(value: Value | undefined): readonly Size[] | undefined {
  const rank = value?.shape?.[0];
  return (
    value?.numbers ??
    (typeof rank === 'number' && rank <= 64 ? Array.from({ length: rank }, (): Size => '?') : undefined)
  );
}

function times(size: Size, factor: number | undefined): Size {
  return typeof size === 'number' && factor !== undefined ? Math.floor(size * factor) : '?';
}

function scaled(value: Value = UNKNOWN, scales?: readonly number[], sizes?: readonly number[]): Value {
  const { type, shape } = value;
  const known = sizes && sizes.length === shape?.length ? sizes : undefined;
  return { type, shape: shape?.map((size, axis) => known?.[axis] ?? times(size, scales?.[axis])) };
}

export function product(sizes: readonly Size[]): Size {
  if (sizes.length === 1) return sizes[0] ?? '?';
  return sizes.every((size) => typeof size === 'number') ? sizes.reduce((all, size) => all * size, 1) : '?';
}

function reshape(shape: readonly Size[] | undefined, wanted: readonly number[], allowZero: boolean): Size[] {
  const sizes = wanted.map((size, axis): Size => (size === 0 && !allowZero ? (shape?.[axis] ?? '?') : size));
  const open = sizes.indexOf(-1);
  if (open === -1) return sizes;
  const all = shape && product(shape);
  const others = product(sizes.toSpliced(open, 1));
  const rest = typeof all === 'number' && typeof others === 'number' && others > 0 ? all / others : '?';
  return sizes.with(open, rest);
}

/** The positions a slice takes of `size`. */
function indices(size: number, start: number, end: number, step: number): Positions {
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [first, last] =
    step > 0
      ? [clamp(start, 0, size), clamp(end, 0, size)]
      : [clamp(start, -1, size - 1), clamp(end, -1, size - 1)];
  const length = step === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step));
  return { length, at: (index) => first + index * step };
}

interface Positions {
  readonly length: number;
  readonly at: (index: number) => number;
}

/** Some positions along one axis of a constant. */
function take(
  numbers: readonly number[],
  shape: readonly Size[],
  axis: number,
  { length, at }: Positions,
): number[] {
  const inner = shape.slice(axis + 1).reduce((all: number, size) => all * Number(size), 1);
  const size = Number(shape[axis]);
  const outer = size * inner === 0 ? 0 : numbers.length / (size * inner);
  return Array.from({ length: outer * length * inner }, (_, index) => {
    const [row, rest] = [Math.floor(index / (length * inner)), index % (length * inner)];
    return numbers[(row * size + at(Math.floor(rest / inner))) * inner + (rest % inner)] ?? 0;
  });
}

function permute(
  numbers: readonly number[] | undefined,
  shape: readonly Size[] | undefined,
  order: readonly number[],
): number[] | undefined {
  if (!numbers || order.length !== shape?.length) return undefined;
  let offsets = [0];
  for (const axis of order) {
    const stride = shape.slice(axis + 1).reduce((all: number, size) => all * Number(size), 1);
    offsets = offsets.flatMap((offset) =>
      Array.from({ length: Number(shape[axis]) }, (_, index) => offset + index * stride),
    );
    // An axis that comes twice would multiply them.
    if (offsets.length > numbers.length) return undefined;
  }
  return offsets.map((offset) => numbers[offset] ?? 0);
}
