import { issue } from '../../../issue';
import type { PipelineDefinition } from '../../definition';
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

function machines({ training, optimization = {}, conversion, deployment }: PipelineDefinition) {
  const { preprocess, train, evaluate } = training;
  const { prune, distill, quantize } = optimization;
  return Object.entries({
    'training.preprocess.machine': preprocess?.machine,
    'training.train.machine': train.machine,
    'training.evaluate.machine': evaluate.machine,
    'optimization.prune.machine': prune?.machine,
    'optimization.distill.machine': distill?.machine,
    'optimization.quantize.machine': quantize?.machine,
    'conversion.export.machine': conversion?.export?.machine,
    'deployment.endpoint.machine': deployment.endpoint.machine,
  }).flatMap(([path, machine]) => (machine === undefined ? [] : [[path, machine] as const]));
}
