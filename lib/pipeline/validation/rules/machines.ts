import { issue } from '../../../issue';
import type { MachineRequest, PipelineDefinition } from '../../definition';
import type { Rule } from './rule';

export const machineAccelerators: Rule = (definition) =>
  machines(definition)
    .filter(([, machine]) => machine.accelerators !== undefined && (machine.accelerator ?? 'cpu') === 'cpu')
    .map(([path]) =>
      issue(
        'machine-accelerators',
        `${path}.accelerators`,
        'counts accelerators of a CPU machine',
        'Name the accelerator, or remove the count.',
      ),
    );

/** The image of a job is made for its processor. */
export const fallbackMachines: Rule = ({ training: { train } }) => {
  const isCpu = ({ accelerator = 'cpu' }: MachineRequest) => accelerator === 'cpu';
  const { fallbackMachines: fallbacks = [], machine = {} } = train;
  return fallbacks.flatMap((fallback, index) => {
    if (isCpu(fallback) === isCpu(machine)) return [];
    const message = isCpu(fallback)
      ? 'has no accelerator, and train.machine has one'
      : 'has an accelerator, and train.machine has none';
    const fix = isCpu(fallback) ? 'Name an accelerator.' : 'Remove the accelerator.';
    return [issue('machine-fallback', `training.train.fallbackMachines[${index}]`, message, fix)];
  });
};

function machines({ training, optimization = {}, conversion, deployment }: PipelineDefinition) {
  const { preprocess, train, evaluate } = training;
  const { prune, distill, quantize } = optimization;
  return Object.entries({
    'training.preprocess.machine': preprocess?.machine,
    'training.train.machine': train.machine,
    ...Object.fromEntries(
      (train.fallbackMachines ?? []).map((machine, index) => [
        `training.train.fallbackMachines[${index}]`,
        machine,
      ]),
    ),
    'training.evaluate.machine': evaluate.machine,
    'optimization.prune.machine': prune?.machine,
    'optimization.distill.machine': distill?.machine,
    'optimization.quantize.machine': quantize?.machine,
    'conversion.export.machine': conversion?.export?.machine,
    'deployment.endpoint.machine': deployment.endpoint.machine,
  }).flatMap(([path, machine]) => (machine === undefined ? [] : [[path, machine] as const]));
}
