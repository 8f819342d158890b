import { isKnownType, machinesOf } from './machines';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const machineAccelerator: Rule = {
  id: 'machine-accelerator',
  level: 'error',
  cause:
    'Each machine type has, or takes, certain accelerators in certain numbers; Vertex AI refuses all others.',
  fix: 'Choose a machine of the catalogue: resolve a request, or see the hardware reference.',
  check(subject) {
    const known = machinesOf(subject).filter(({ machineType }) => isKnownType(machineType));
    if (known.length === 0) return NOT_APPLICABLE;
    const wrong = known.find(({ machine }) => machine === undefined);
    return wrong ? nonCompliant(`there is no ${wrong.name}`) : COMPLIANT;
  },
};
