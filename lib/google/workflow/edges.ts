import type { Step } from '../../pipeline';
import { stepName, value } from './expression';
import type { Retry, WorkflowStep } from './source';

/** Ends the run as failed, with the first failure as its cause. */
export const FAILED = 'failed';

/** Where later steps find what failed: a map with `message`, and `code` or `tags` where there are any. */
export const FAILURE = 'failure';

export const FAILED_STEP: WorkflowStep = { raise: value(FAILURE) };

/** Throttled and interrupted calls of an API: none of ours does harm when repeated. */
export const API_RETRY: Retry = {
  predicate: value('http.default_retry_predicate'),
  max_retries: 3,
  backoff: { initial_delay: 5, max_delay: 60, multiplier: 2 },
};

export function nextOf({ next }: Pick<Step, 'next'>): string {
  return next === null ? 'end' : stepName(next);
}

/** The step that follows a failure of the step. */
export function failureOf({ onFailure }: Pick<Step, 'onFailure'>): string {
  return onFailure === null ? FAILED : stepName(onFailure);
}

/** Does what it is given, and takes the failure edge where that fails. */
export function guarded(name: string, body: WorkflowStep, edges: GuardedEdges): WorkflowStep {
  const { next, failure, retry, remember = FAILURE } = edges;
  return {
    try: body,
    ...(retry && { retry }),
    except: {
      as: 'e',
      steps: [{ [`${name}_failed`]: { assign: [{ [remember]: value('e') }], next: failure } }],
    },
    next,
  };
}

export interface GuardedEdges {
  readonly next: string;
  readonly failure: string;
  readonly retry?: Retry;
  /** Variable that takes the error. @default "failure" */
  readonly remember?: string;
}
