import type { Issue } from '../../issue';
import { IssueError } from '../../issue';
import type { Dimension, TensorSpec } from '../../pipeline/definition';
import type { Subject } from '../subject';
import { allocate, elementCount, type Tensor } from '../tensor';
import { judged, skipped, type Check } from './check';

/** Sizes that are tried: one, the smallest batch, and odd ones that no padding hides. */
const SIZES = [1, 2, 3, 7];
/** Inputs with more elements are not tried. */
const MAX_ELEMENTS = 2 ** 22;

type Tensors = Readonly<Record<string, Tensor>>;

interface Sweep {
  readonly name: string;
  readonly sizes: readonly number[];
  /** Why each of the sizes that the model refused was refused. */
  readonly refused: Readonly<Record<number, string>>;
  readonly findings: readonly Issue[];
}

/**
 * Runs the model with other sizes than the samples have, one dimension that varies after the other.
 * Judged is whether outputs have the sizes the signature promises. That a model refuses a size is told
 * and not judged: many need a multiple of something, or a shortest length.
 */
export const shapes: Check = {
  id: 'shapes',
  title: 'Sizes that vary do so in the outputs as declared',
  after: ['run'],
  run: async (subject) => {
    const [sample] = subject.golden()?.samples ?? [];
    const sizes = boundSizes(subject.model().inputs, sample?.tensors ?? {});
    if (sizes.size === 0) return skipped('no size of an input varies');
    const sweeps: Sweep[] = [];
    for (const name of sizes.keys()) sweeps.push(await sweep(subject, sample?.tensors ?? {}, sizes, name));
    const detail = sweeps.map(({ name, sizes: taken, refused }) => {
      const not = Object.keys(refused);
      return `${name}: ${taken.join(', ') || 'none'}${not.length > 0 ? ` (refused: ${not.join(', ')})` : ''}`;
    });
    return judged(
      sweeps.flatMap(({ findings }) => findings),
      'outputs have other sizes than declared',
      detail.join('; '),
      Object.fromEntries(sweeps.map(({ name, sizes: taken, refused }) => [name, { taken, refused }])),
    );
  },
};

/** Size of each dimension that varies, by its name, in one sample; unnamed ones are left as they are. */
function boundSizes(
  inputs: Readonly<Record<string, { readonly shape?: readonly Dimension[] }>>,
  tensors: Tensors,
): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [input, { shape = [] }] of Object.entries(inputs)) {
    shape.forEach((dimension, axis) => {
      const size = tensors[input]?.shape[axis];
      if (typeof dimension === 'string' && dimension !== '?' && size !== undefined)
        sizes.set(dimension, size);
    });
  }
  return sizes;
}

async function sweep(
  subject: Subject,
  tensors: Tensors,
  sizes: ReadonlyMap<string, number>,
  name: string,
): Promise<Sweep> {
  const process = await subject.process();
  const { inputs } = subject.model();
  const taken: number[] = [];
  const refused: Record<number, string> = {};
  const findings: Issue[] = [];
  for (const size of SIZES) {
    const resized = Object.entries(tensors).map(([input, tensor]) => {
      const shape = inputs[input]?.shape?.map((dimension, axis) => {
        return dimension === name ? size : (tensor.shape[axis] ?? 1);
      });
      return [input, resize(tensor, shape ?? tensor.shape)] as const;
    });
    if (resized.some(([, { shape }]) => elementCount(shape) > MAX_ELEMENTS)) continue;
    try {
      const outputs = await process.run(Object.fromEntries(resized));
      taken.push(size);
      findings.push(...sizeFindings(subject, outputs, new Map([...sizes, [name, size]])));
    } catch (error) {
      if (!(error instanceof IssueError) || process.gone) throw error;
      refused[size] = error.issues[0]?.message ?? '';
    }
  }
  return { name, sizes: taken, refused, findings };
}

/** Sizes are the model's names for them; a signature may use others, and is held to them by place. */
function sizeFindings(subject: Subject, outputs: Tensors, sizes: ReadonlyMap<string, number>): Issue[] {
  return subject.signatures().flatMap((signature) => {
    const declared = declaredSizes(subject, signature.inputs, sizes);
    return Object.entries(signature.outputs).flatMap(([name, { shape }]) => {
      const wanted = shape.map((dimension) =>
        typeof dimension === 'number' ? dimension : (declared.get(dimension) ?? dimension),
      );
      const actual = outputs[name]?.shape ?? [];
      if (wanted.every((size, axis) => typeof size === 'string' || size === actual[axis])) return [];
      const message = `output "${name}" is [${actual.join(', ')}], with these inputs it is declared to be [${wanted.join(', ')}]`;
      const given = [...declared].map(([dimension, size]) => `${dimension} = ${size}`).join(', ');
      const fix = 'correct the signature, or an operator that has a size of the export built in';
      return [{ code: 'output-shape', path: given, message, fix }];
    });
  });
}

/** Sizes by the signature's names for them. */
function declaredSizes(
  subject: Subject,
  specs: Readonly<Record<string, TensorSpec>>,
  sizes: ReadonlyMap<string, number>,
): Map<string, number> {
  const declared = new Map<string, number>();
  const { inputs } = subject.model();
  for (const [input, { shape }] of Object.entries(specs)) {
    shape.forEach((dimension, axis) => {
      const size = sizes.get(String(inputs[input]?.shape?.[axis]));
      if (typeof dimension === 'string' && size !== undefined) declared.set(dimension, size);
    });
  }
  return declared;
}

/** The elements of a tensor over and over in another shape, so that they stay values the model knows. */
function resize({ dtype, data }: Tensor, shape: readonly number[]): Tensor {
  const resized = allocate(dtype, elementCount(shape));
  for (let index = 0; index < resized.length; index++) {
    resized[index] = data[data.length === 0 ? 0 : index % data.length] ?? 0;
  }
  return { dtype, shape, data: resized };
}
