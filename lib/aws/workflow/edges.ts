import type { Step } from '../../pipeline';
import type { State } from '../asl';

/** Ends the run as failed, with the first failure as its cause. Not the id of a step: it has a capital. */
export const FAILED = 'Failed';

export const FAILED_STATE: State = {
  Type: 'Fail',
  ErrorPath: '$.failure.Error',
  CausePath: '$.failure.Cause',
};

export function nextOf({ next }: Pick<Step, 'next'>): { Next: string } | { End: true } {
  return next === null ? { End: true } : { Next: next };
}

/** The state that follows a failure of the step. */
export function failureOf({ onFailure }: Pick<Step, 'onFailure'>): string {
  return onFailure ?? FAILED;
}

/** The edge that a failure takes; later states find what failed at `resultPath`. */
export function catchAll(next: string, resultPath: string | null = '$.failure'): { Catch: object[] } {
  return { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: resultPath, Next: next }] };
}

/** Throttled and interrupted calls of an API: none of ours does harm when repeated. */
export const API_RETRY = {
  Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 5, MaxAttempts: 3, BackoffRate: 2 }],
};

/** The key under which a step's data stands in the run's state. */
export function stateKey(step: string): string {
  return step.replaceAll('-', '_');
}
