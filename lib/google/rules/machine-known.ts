import { isKnownType, machinesOf } from './machines';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const machineKnown: Rule = {
  id: 'machine-known',
  level: 'warning',
  cause:
    'Of a machine type that is not in the catalogue nothing is checked: not its accelerators, not what it is offered for.',
  fix: 'Look for a typing error, or acknowledge that the type is newer than the catalogue.',
  check(subject) {
    const machines = machinesOf(subject);
    if (machines.length === 0) return NOT_APPLICABLE;
    const unknown = machines.find(({ machineType }) => !isKnownType(machineType));
    return unknown ? nonCompliant(`${unknown.machineType} is not in the catalogue`) : COMPLIANT;
  },
};
