import type { Dimension } from '../../pipeline/definition';
import type { NameMap } from './correspondence';
import type { ParitySample } from './parity-sample';
import { randomSamples, type RandomSamplesOptions } from './random-samples';
import type { RunnableModel } from './runnable-model';

/**
 * Random samples that fit two models: a size that varies in the reference and not in the candidate is
 * the candidate's.
 *
 * @param inputs the candidate's inputs by the reference's names
 * @param state inputs that earlier outputs are fed to
 */
export function makeUpSamples(
  reference: RunnableModel,
  candidate: RunnableModel,
  inputs: NameMap,
  state: readonly string[],
  options: RandomSamplesOptions,
): ParitySample[] {
  const fed = Object.entries(reference.inputs).filter(([name]) => !state.includes(name));
  const specs = fed.map(([name, { dtype, shape }]) => {
    const other = candidate.inputs[inputs[name] ?? '']?.shape ?? [];
    return [
      name,
      { dtype, shape: shape.map((size, axis) => (isFixed(size) ? size : (other[axis] ?? size))) },
    ] as const;
  });
  return randomSamples(Object.fromEntries(specs), options);
}

function isFixed(size: Dimension): boolean {
  return typeof size === 'number' && size > 0;
}
