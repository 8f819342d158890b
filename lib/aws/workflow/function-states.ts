import type { FunctionStep } from '../../pipeline';
import type { State, States } from '../asl';
import { catchAll, failureOf, nextOf } from './edges';

/** A function whose outputs are all it leaves behind. */
export function functionStates(step: FunctionStep, task: State): States {
  return {
    [step.id]: { ...task, ResultPath: null, ...catchAll(failureOf(step)), ...nextOf(step) },
  };
}
