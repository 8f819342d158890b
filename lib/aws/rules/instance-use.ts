import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { machinesOf } from './sagemaker';

export const instanceUse: Rule = {
  id: 'instance-use',
  level: 'error',
  cause:
    'SageMaker offers each instance type for some of training, processing and endpoints, and refuses it for the others.',
  fix: 'Choose an instance type that is offered for this use.',
  check(subject) {
    const machines = machinesOf(subject).filter(({ machine }) => machine !== undefined);
    if (machines.length === 0) return NOT_APPLICABLE;
    const wrong = machines.find(({ machine, use }) => !machine?.uses.includes(use));
    return wrong
      ? nonCompliant(
          `${wrong.instanceType} is not offered for ${wrong.use}; it is for ${wrong.machine?.uses.join(', ') ?? ''}`,
        )
      : COMPLIANT;
  },
};
