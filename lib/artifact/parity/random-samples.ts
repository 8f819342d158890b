import type { Dimension, Dtype } from '../../pipeline/definition';
import { throwIssues } from '../../issue';
import type { RuntimeSpec } from '../runtime/model-process';
import { allocate, elementCount, isDtype, numberToFloat16, type Tensor, type TensorData } from '../tensor';
import type { ParitySample } from './parity-sample';

export interface RandomSamplesOptions {
  /** @default 8 */
  readonly count?: number;
  /** The same seed gives the same samples, on every machine. @default 1 */
  readonly seed?: number;
  /** Shapes of inputs whose sizes vary, by the input's name. @default - 1 for each size that varies */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Inputs that are not random: a sampling rate, an initial state. @default - none */
  readonly fixed?: Readonly<Record<string, Tensor>>;
}

/** Whole numbers are drawn below this: small enough for the vocabulary of any model. */
const INTEGERS = 10;

/**
 * Made-up inputs for a model: normally distributed for floating-point inputs, 0 to 9 for whole numbers,
 * 0 or 1 for truth values. They show whether two files compute the same, not whether it is right.
 *
 * @throws IssueError when an input has an element type that cannot be made up
 */
export function randomSamples(
  inputs: Readonly<Record<string, RuntimeSpec>>,
  { count = 8, seed = 1, shapes = {}, fixed = {} }: RandomSamplesOptions = {},
): ParitySample[] {
  const free = Object.entries(inputs).filter(([name]) => !Object.hasOwn(fixed, name));
  throwIssues(
    'compare',
    free
      .filter(([, { dtype }]) => !isDtype(dtype) || dtype === 'string')
      .map(([name, { dtype }]) => {
        const message = `has elements of type ${dtype}, which cannot be made up`;
        return { code: 'parity-samples', path: `input "${name}"`, message, fix: 'give samples' };
      }),
  );
  const random = generator(seed);
  const shapeOf = (name: string, shape: readonly Dimension[]) =>
    shapes[name] ?? shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
  return Array.from({ length: count }, (_, index) => {
    const tensors = free.map(([name, { dtype, shape }]) => {
      return [name, randomTensor(dtype as Dtype, shapeOf(name, shape), random)] as const;
    });
    return { id: `random-${index}`, tensors: { ...Object.fromEntries(tensors), ...fixed } };
  });
}

function randomTensor(dtype: Dtype, shape: readonly number[], random: () => number): Tensor {
  const data = allocate(dtype, elementCount(shape)) as Exclude<TensorData, string[]>;
  for (let index = 0; index < data.length; index++) data[index] = randomElement(dtype, random);
  return { dtype, shape, data };
}

function randomElement(dtype: Dtype, random: () => number): number | bigint {
  if (dtype === 'bool') return Math.floor(random() * 2);
  if (dtype === 'int64') return BigInt(Math.floor(random() * INTEGERS));
  if (!dtype.startsWith('float')) return Math.floor(random() * INTEGERS);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return dtype === 'float16' ? numberToFloat16(normal) : normal;
}

/** Numbers in [0, 1): Mulberry32, which needs no more than whole-number arithmetic of 32 bits. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
