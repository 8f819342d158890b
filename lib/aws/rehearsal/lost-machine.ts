import type { Fault } from '../../rehearsal/scenarios';
import { failure } from './failure';

/** What SageMaker says of a job whose machine was taken, or was never there. */
const LOST_MACHINES = {
  'machine-taken': { FailureReason: 'The machine was taken away', SecondaryStatus: 'Interrupted' },
  'no-capacity': { FailureReason: 'CapacityError: Unable to provision requested ML compute capacity.' },
} as const;

/** What the first try of a job fails with, where the fault is its machine's. */
export function lostMachine(fault: Fault, step: string): Error | undefined {
  if (fault.kind !== 'machine-taken' && fault.kind !== 'no-capacity') return undefined;
  if (fault.step !== step) return undefined;
  return failure('States.TaskFailed', JSON.stringify(LOST_MACHINES[fault.kind]));
}
