import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { machinesOf } from './sagemaker';

export const instanceKnown: Rule = {
  id: 'instance-known',
  level: 'warning',
  cause:
    'Of an instance type that is not in the catalogue nothing is checked: not its memory, not its disks, not what it is offered for.',
  fix: 'Look for a typing error, or acknowledge that the type is newer than the catalogue.',
  check(subject) {
    const machines = machinesOf(subject);
    if (machines.length === 0) return NOT_APPLICABLE;
    const unknown = machines.find(({ machine }) => machine === undefined);
    return unknown ? nonCompliant(`${unknown.instanceType} is not in the catalogue`) : COMPLIANT;
  },
};
