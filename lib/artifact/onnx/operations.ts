import { attributeOf } from './scopes';
import type { TypedNode } from './shapes/infer';
import { elementsOf, type Value } from './shapes/value';

/** Operators that move values and compute nothing. */
const MOVING = new Set(
  `Cast CastLike Concat Constant ConstantOfShape Dropout Expand EyeLike Flatten Gather GatherElements GatherND Identity
  NonZero OneHot Pad Range Reshape Scatter ScatterElements ScatterND Shape Size Slice Split Squeeze Tile Transpose
  Unsqueeze If Loop Scan`.split(/\s+/),
);

type Count = (node: TypedNode) => number | undefined;

/** Operators whose work is more than one operation for each element they make. */
const COUNTS: Readonly<Record<string, Count>> = {
  Conv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: ({ inputs: [x, w] }) => times(2, elements(x), inner(w)),
  MatMul: ({ inputs: [a], outputs: [y] }) => times(2, elements(y), numeric(a?.shape?.at(-1))),
  MatMulInteger: ({ inputs: [a], outputs: [y] }) => times(2, elements(y), numeric(a?.shape?.at(-1))),
  Gemm: ({ node, inputs: [a], outputs: [y] }) => {
    const axis = Number(attributeOf(node, 'transA')?.i ?? 0) === 1 ? 0 : 1;
    return times(2, elements(y), numeric(a?.shape?.[axis]));
  },
  LSTM: recurrent(4),
  GRU: recurrent(3),
  RNN: recurrent(1),
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: pooling,
};

/** Operations a node carries out; `undefined` where its shapes are not known. */
export function operations(node: TypedNode): number | undefined {
  const { opType } = node.node;
  if (MOVING.has(opType)) return 0;
  const count = Object.hasOwn(COUNTS, opType) ? COUNTS[opType] : undefined;
  if (count) return count(node);
  // One for each element: of what is made, or of what is reduced to it.
  const [made, used] = [elements(node.outputs[0]), elements(node.inputs[0])];
  return made === undefined ? undefined : Math.max(made, used ?? 0);
}

function convolution(weights: number): Count {
  return ({ inputs, outputs: [y] }) => times(2, elements(y), inner(inputs[weights]));
}

/** Elements of one filter. */
function inner(weights: Value | undefined): number | undefined {
  return product(weights?.shape?.slice(1).map(numeric) ?? [undefined]);
}

function pooling({ node, outputs: [y] }: TypedNode): number | undefined {
  return times(elements(y), product(attributeOf(node, 'kernel_shape')?.ints.map(Number) ?? [1]));
}

/** Per step and direction, each gate multiplies the input and the state with matrices. */
function recurrent(gates: number): Count {
  return ({ inputs: [x, w, r] }) => {
    const [steps, batch] = [numeric(x?.shape?.[0]), numeric(x?.shape?.[1])];
    const [directions, width, state] = [w?.shape?.[0], w?.shape?.[2], r?.shape?.[2]].map(numeric);
    if (width === undefined || state === undefined) return undefined;
    return times(2, steps, batch, directions, gates * state, width + state);
  };
}

function elements(value: Value | undefined): number | undefined {
  return value && elementsOf(value);
}

function numeric(size: number | string | undefined): number | undefined {
  return typeof size === 'number' ? size : undefined;
}

function times(...factors: readonly (number | undefined)[]): number | undefined {
  return product(factors);
}

function product(factors: readonly (number | undefined)[]): number | undefined {
  let all = 1;
  for (const factor of factors) {
    if (factor === undefined) return undefined;
    all *= factor;
  }
  return all;
}
