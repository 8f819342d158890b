import { attributeOf } from '../scopes';
import type { ShapeRule } from './rules';
import {
  broadcast,
  constant,
  fromFront,
  integer,
  integers,
  resized,
  text,
  UNKNOWN,
  type NodeContext,
  type Size,
  type Value,
} from './value';

const BOOL = 9;
const INT64 = 7;
const INT32 = 6;

/** Operators that give each element of their first input another value. */
const ELEMENTWISE = `Abs Acos Acosh Asin Asinh Atan Atanh BatchNormalization BitwiseNot Ceil Celu Clip Cos Cosh CumSum
  Dropout Elu Erf Exp FastGelu Floor Gelu HardSigmoid HardSwish Hardmax Identity InstanceNormalization LRN
  LayerNormalization LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg PRelu
  RMSNormalization Reciprocal Relu Round Scatter ScatterElements ScatterND Selu Shrink Sigmoid Sign Sin Sinh
  SkipLayerNormalization Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu GroupNormalization
  SimplifiedLayerNormalization QuickGelu ReverseSequence`;

/** Operators that spread their inputs over each other, and how they compute with small integers. */
const BINARY: Readonly<Record<string, ((a: number, b: number) => number) | undefined>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
  Max: Math.max,
  Min: Math.min,
  Mod: undefined,
  Pow: undefined,
  Sum: undefined,
  Mean: undefined,
  BitShift: undefined,
  BitwiseAnd: undefined,
  BitwiseOr: undefined,
  BitwiseXor: undefined,
};

const COMPARISONS = `And Equal Greater GreaterOrEqual Less LessOrEqual Or Xor`;
const REDUCTIONS = `ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
  ReduceSumSquare`;

/** Operators that compute. */
export const COMPUTE_RULES: Readonly<Record<string, ShapeRule>> = {
  ...all(ELEMENTWISE, ({ input }) => [{ ...(input(0) ?? UNKNOWN), numbers: undefined }]),
  ...all('Identity', ({ input }) => [input(0) ?? UNKNOWN]),
  ...all('RandomNormalLike RandomUniformLike Bernoulli EyeLike', (context) => {
    const { type, shape } = context.input(0) ?? UNKNOWN;
    return [{ type: integer(context, 'dtype', type), shape }];
  }),
  ...all('Not IsNaN IsInf', ({ input }) => [{ type: BOOL, shape: input(0)?.shape }]),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, compute]) => [name, elementwise(compute)])),
  ...all(COMPARISONS, (context) => [{ type: BOOL, shape: broadcast(inputs(context)) }]),
  ...all(REDUCTIONS, reduce),
  ...all('ArgMax ArgMin', (context) => [
    {
      type: INT64,
      shape: without(context, [integer(context, 'axis', 0)], integer(context, 'keepdims', 1) === 1),
    },
  ]),
  Cast: (context) => {
    const to = integer(context, 'to', 0);
    const { shape, numbers } = context.input(0) ?? UNKNOWN;
    return [{ type: to, shape, numbers: numbers?.map((number) => converted(number, to)) }];
  },
  CastLike: ({ input }) => [{ type: input(1)?.type ?? 0, shape: input(0)?.shape }],
  Where: ({ input }) => [{ type: input(1)?.type ?? 0, shape: broadcast([input(0), input(1), input(2)]) }],
  MatMul: ({ input }) => [{ type: input(0)?.type ?? 0, shape: matMul(input(0), input(1)) }],
  MatMulInteger: ({ input }) => [{ type: 6, shape: matMul(input(0), input(1)) }],
  Gemm: (context) => {
    const [a, b] = [context.input(0)?.shape, context.input(1)?.shape];
    const rows = a?.[integer(context, 'transA', 0)] ?? '?';
    const columns = b?.[1 - integer(context, 'transB', 0)] ?? '?';
    return [{ type: context.input(0)?.type ?? 0, shape: [rows, columns] }];
  },
  Conv: (context) => convolve(context, context.input(0), context.input(1)),
  ConvInteger: (context) =>
    convolve(context, context.input(0), context.input(1)).map((value) => ({ ...value, type: 6 })),
  QLinearConv: (context) => convolve(context, context.input(0), context.input(3)),
  ConvTranspose: (context) => {
    const [x, w] = [context.input(0)?.shape, context.input(1)?.shape];
    if (!x || !w) return [{ type: context.input(0)?.type ?? 0 }];
    const spatial = x.slice(2).map((size, axis) => unwound(context, size, w[axis + 2] ?? '?', axis));
    const group = integer(context, 'group', 1);
    const channels = typeof w[1] === 'number' ? w[1] * group : '?';
    return [{ type: context.input(0)?.type ?? 0, shape: [x[0] ?? '?', channels, ...spatial] }];
  },
  ...all('MaxPool AveragePool LpPool', (context) => {
    const { type, shape } = context.input(0) ?? UNKNOWN;
    const kernel = integers(context, 'kernel_shape') ?? [];
    const pooled = shape && [
      ...shape.slice(0, 2),
      ...shape.slice(2).map((size, axis) => slid(context, size, kernel[axis] ?? '?', axis)),
    ];
    return [
      { type, shape: pooled },
      { type: INT64, shape: pooled },
    ];
  }),
  ...all('GlobalAveragePool GlobalMaxPool GlobalLpPool', ({ input }) => {
    const { type, shape } = input(0) ?? UNKNOWN;
    return [{ type, shape: shape?.map((size, axis) => (axis < 2 ? size : 1)) }];
  }),
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  TopK: (context) => {
    const { type, shape } = context.input(0) ?? UNKNOWN;
    const count = constant(context, 1, 'k')?.[0] ?? '?';
    const top = resized(shape, fromFront(integer(context, 'axis', -1), shape?.length ?? 0), count);
    return [
      { type, shape: top },
      { type: INT64, shape: top },
    ];
  },
  NonZero: ({ input }) => [{ type: INT64, shape: [input(0)?.shape?.length ?? '?', '?'] }],
  DynamicQuantizeLinear: ({ input }) => [
    { type: 2, shape: input(0)?.shape },
    { type: 1, shape: [] },
    { type: 2, shape: [] },
  ],
  QuantizeLinear: ({ input }) => [{ type: input(2)?.type ?? 2, shape: input(0)?.shape }],
  DequantizeLinear: ({ input }) => [{ type: input(1)?.type ?? 1, shape: input(0)?.shape }],
};

function all(names: string, rule: ShapeRule): Record<string, ShapeRule> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, rule]));
}

/** As a whole number, a truth value, or as it is. */
function converted(number: number, type: number): number {
  if (type === BOOL) return number === 0 ? 0 : 1;
  return type === INT64 || type === INT32 ? Math.trunc(number) : number;
}

function inputs({ node, input }: NodeContext): (Value | undefined)[] {
  return node.input.map((_, index) => input(index));
}

function elementwise(compute: ((a: number, b: number) => number) | undefined): ShapeRule {
  return (context) => {
    const values = inputs(context);
    const [a, b] = values;
    const integers = a?.type === INT64 && compute && values.length === 2;
    const length = Math.max(a?.numbers?.length ?? 0, b?.numbers?.length ?? 0);
    const numbers =
      integers &&
      a.numbers &&
      b?.numbers &&
      [a, b].every(({ numbers }) => numbers?.length === 1 || numbers?.length === length)
        ? Array.from({ length }, (_, index) => compute(pick(a, index), pick(b, index)))
        : undefined;
    return [{ type: a?.type ?? 0, shape: broadcast(values), numbers }];
  };
}

function pick({ numbers = [] }: Value, index: number): number {
  return numbers[numbers.length === 1 ? 0 : index] ?? 0;
}

function reduce(context: NodeContext): Value[] {
  const axes = constant(context, 1, 'axes');
  const { type } = context.input(0) ?? UNKNOWN;
  if (!axes && context.input(1)) return [{ type }];
  if (!axes?.length && integer(context, 'noop_with_empty_axes', 0) === 1)
    return [{ type, shape: context.input(0)?.shape }];
  return [{ type, shape: without(context, axes ?? [], integer(context, 'keepdims', 1) === 1) }];
}

/** The first input's shape without some axes, or with 1 in their place; all of them where none is named. */
function without(context: NodeContext, axes: readonly number[], keep: boolean): Size[] | undefined {
  const shape = context.input(0)?.shape;
  const gone = (axis: number) =>
    axes.length === 0 || axes.some((given) => fromFront(given, shape?.length ?? 0) === axis);
  return keep ? shape?.map((size, axis) => (gone(axis) ? 1 : size)) : shape?.filter((_, axis) => !gone(axis));
}

function matMul(a: Value | undefined, b: Value | undefined): Size[] | undefined {
  const [left, right] = [a?.shape, b?.shape];
  if (!left?.length || !right?.length) return undefined;
  const batch =
    broadcast([
      { type: 0, shape: left.slice(0, -2) },
      { type: 0, shape: right.slice(0, -2) },
    ]) ?? [];
  const rows = left.length > 1 ? [left.at(-2) ?? '?'] : [];
  const columns = right.length > 1 ? [right.at(-1) ?? '?'] : [];
  return [...batch, ...rows, ...columns];
}

function convolve(context: NodeContext, x: Value = UNKNOWN, w: Value = UNKNOWN): Value[] {
  if (!x.shape || !w.shape) return [{ type: x.type }];
  const kernel = w.shape;
  const spatial = x.shape.slice(2).map((size, axis) => slid(context, size, kernel[axis + 2] ?? '?', axis));
  return [{ type: x.type, shape: [x.shape[0] ?? '?', kernel[0] ?? '?', ...spatial] }];
}

/** Positions of a kernel that slides along one axis. */
function slid(context: NodeContext, size: Size, kernel: Size, axis: number): Size {
  if (typeof size !== 'number' || typeof kernel !== 'number') return '?';
  const { stride, extent, pads } = motion(context, kernel, axis);
  const automatic = text(context, 'auto_pad');
  if (automatic.startsWith('SAME')) return Math.ceil(size / stride);
  const before = automatic === 'VALID' ? 0 : (integers(context, 'pads')?.[axis] ?? 0);
  const room = size + (automatic === 'VALID' ? 0 : pads) - extent;
  if (integer(context, 'ceil_mode', 0) === 0) return Math.max(0, Math.floor(room / stride) + 1);
  const last = Math.ceil(room / stride);
  // A window that would start behind the data is left out.
  return Math.max(0, last * stride >= size + before ? last : last + 1);
}

/** Size that a transposed convolution makes of one axis. */
function unwound(context: NodeContext, size: Size, kernel: Size, axis: number): Size {
  const told = integers(context, 'output_shape')?.at(axis);
  if (told !== undefined) return told;
  if (typeof size !== 'number' || typeof kernel !== 'number') return '?';
  const { stride, extent, pads } = motion(context, kernel, axis);
  if (text(context, 'auto_pad').startsWith('SAME')) return size * stride;
  return (size - 1) * stride + (integers(context, 'output_padding')?.[axis] ?? 0) + extent - pads;
}

function motion(context: NodeContext, kernel: number, axis: number) {
  const pads = integers(context, 'pads') ?? [];
  return {
    stride: integers(context, 'strides')?.[axis] ?? 1,
    extent: (kernel - 1) * (integers(context, 'dilations')?.[axis] ?? 1) + 1,
    pads: (pads[axis] ?? 0) + (pads[axis + pads.length / 2] ?? 0),
  };
}

/** Of batch-major layouts nothing is told. */
function recurrent(context: NodeContext): Value[] {
  const { type, shape } = context.input(0) ?? UNKNOWN;
  const directions = context.input(1)?.shape?.[0] ?? '?';
  const hidden = attributeOf(context.node, 'hidden_size')
    ? integer(context, 'hidden_size', 0)
    : (context.input(2)?.shape?.at(-1) ?? '?');
  if (!shape || integer(context, 'layout', 0) === 1) return [{ type }, { type }, { type }];
  const [steps = '?', batch = '?'] = shape;
  const state = [directions, batch, hidden];
  return [
    { type, shape: [steps, directions, batch, hidden] },
    { type, shape: state },
    { type, shape: state },
  ];
}
