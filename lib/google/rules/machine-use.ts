import { machinesOf } from './machines';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const machineUse: Rule = {
  id: 'machine-use',
  level: 'error',
  cause:
    'Vertex AI offers each machine type for training, for endpoints, or for both, and refuses it otherwise.',
  fix: 'Choose a machine type that is offered for this use.',
  check(subject) {
    const known = machinesOf(subject).filter(({ machine }) => machine !== undefined);
    if (known.length === 0) return NOT_APPLICABLE;
    const wrong = known.find(({ machine, use }) => !machine?.uses.includes(use));
    return wrong
      ? nonCompliant(
          `${wrong.name} is not offered for ${wrong.use === 'endpoint' ? 'endpoints' : 'training'}`,
        )
      : COMPLIANT;
  },
};
