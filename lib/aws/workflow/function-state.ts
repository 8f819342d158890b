import type { FunctionStep } from '../../pipeline';
import type { State } from '../asl';
import { catchAll, failureOf, nextOf } from './edges';

/** A function whose outputs are all it leaves behind. */
export function functionState(step: FunctionStep, task: State): State {
  return { ...task, ResultPath: null, ...catchAll(failureOf(step)), ...nextOf(step) };
}
