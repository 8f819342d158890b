import type { RuntimeSpec } from '../runtime/model-process';
import { allocate, elementCount, isDtype, type Tensor } from '../tensor';
import { castTensor } from './cast-tensor';
import type { NameMap } from './correspondence';
import type { RunnableModel } from './runnable-model';

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Runs a model on each sample. Inputs are cast to the element type the model takes.
 *
 * @param state input that an output is fed to in the next sample; none for samples by themselves
 */
export async function runSamples(
  model: RunnableModel,
  samples: readonly Tensors[],
  state: NameMap = {},
): Promise<Tensors[]> {
  const answers: Tensors[] = [];
  let memory = initialState(model, Object.values(state));
  for (const [step, sample] of samples.entries()) {
    const feeds = step === 0 ? { ...memory, ...sample } : { ...sample, ...memory };
    const outputs = await model.run(castFeeds(feeds, model.inputs));
    answers.push(outputs);
    memory = Object.fromEntries(
      Object.entries(state).flatMap(([output, input]) => {
        const tensor = outputs[output];
        return tensor ? [[input, tensor] as const] : [];
      }),
    );
  }
  return answers;
}

/** Zeros for inputs that hold a state. */
export function initialState({ inputs }: RunnableModel, names: readonly string[]): Tensors {
  const zeros = names.flatMap((name) => {
    const spec = inputs[name];
    if (!spec || !isDtype(spec.dtype)) return [];
    const shape = spec.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
    return [[name, { dtype: spec.dtype, shape, data: allocate(spec.dtype, elementCount(shape)) }] as const];
  });
  return Object.fromEntries(zeros);
}

function castFeeds(feeds: Tensors, inputs: Readonly<Record<string, RuntimeSpec>>): Tensors {
  const cast = Object.entries(feeds).map(([name, tensor]) => {
    const wanted = inputs[name]?.dtype;
    return [name, wanted !== undefined && isDtype(wanted) ? castTensor(tensor, wanted) : tensor] as const;
  });
  return Object.fromEntries(cast);
}
