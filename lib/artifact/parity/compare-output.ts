import type { Issue } from '../../issue';
import type { Tensor } from '../tensor';
import { judgeOutput } from './judge-output';
import { measureOutput, type OutputMeasures, type TensorPair } from './measure-output';
import { elementLimits, UNJUDGED, type ParityTolerance } from './tolerance';

export interface OutputParity extends OutputMeasures {
  /** In the reference. */
  readonly name: string;
  readonly candidateName: string;
}

export interface JudgedOutput {
  /** Absent where the shapes do not let the elements be compared. */
  readonly parity?: OutputParity;
  readonly findings: readonly Issue[];
}

/** Measures and judges one output over all samples. */
export function compareOutput(
  { name, candidateName }: Pick<OutputParity, 'name' | 'candidateName'>,
  samples: readonly (Pick<TensorPair, 'sample'> & Partial<TensorPair>)[],
  tolerance: ParityTolerance | undefined,
): JudgedOutput {
  const misfit = samples.find(({ reference, candidate }) => form(reference) !== form(candidate));
  const [first, ...rest] = samples as readonly TensorPair[];
  if (misfit || !first) {
    const { sample = '', reference, candidate } = misfit ?? {};
    const message = `of sample "${sample}" is ${describe(candidate)}, the reference is ${describe(reference)}`;
    const fix = 'make both models give the same shape, or say which outputs belong together with `names`';
    return { findings: [{ code: 'parity-shape', path: `output "${name}"`, message, fix }] };
  }
  const limits = elementLimits(tolerance, [first.reference.dtype, first.candidate.dtype]);
  const measures = measureOutput([first, ...rest], limits ?? UNJUDGED, tolerance?.topK);
  return {
    parity: { name, candidateName, ...measures },
    findings: judgeOutput(name, measures, limits, tolerance),
  };
}

/** Sizes of 1 do not matter: formats differ in where they put them. */
function form(tensor: Tensor | undefined): string {
  return tensor ? tensor.shape.filter((size) => size !== 1).join() : 'missing';
}

function describe(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : 'missing';
}
