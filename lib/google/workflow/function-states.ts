import type { FunctionStep } from '../../pipeline';
import { stepName } from './expression';
import { retried } from './job-states';
import type { Steps, WorkflowStep } from './source';

/** A program whose outputs are all it leaves behind. */
export function functionStates(step: FunctionStep, call: WorkflowStep): Steps {
  return [{ [stepName(step.id)]: retried(step, call) }];
}
