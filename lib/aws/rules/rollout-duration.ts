import { EXECUTION_SECONDS } from '../guardrails';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { type Rollout, rolloutOf } from './rollout';

const MAX_WAIT_SECONDS = 3600;

export const rolloutDuration: Rule = {
  id: 'rollout-duration',
  level: 'error',
  cause: 'An update that waits longer than it may take is turned back, however well the new model does.',
  fix: 'Wait less after each step, take larger steps, or raise MaximumExecutionTimeoutInSeconds.',
  check(subject) {
    const rollout = rolloutOf(subject);
    if (!rollout) return NOT_APPLICABLE;
    const { min, max } = EXECUTION_SECONDS;
    const { timeoutSeconds = max, waitSeconds } = rollout;
    if (waitSeconds > MAX_WAIT_SECONDS) {
      return nonCompliant(`waits ${waitSeconds} s after a step; it may wait ${MAX_WAIT_SECONDS} s`);
    }
    if (timeoutSeconds < min || timeoutSeconds > max) {
      return nonCompliant(`may take ${timeoutSeconds} s; SageMaker takes ${min} to ${max} s`);
    }
    const waits = waitsOf(rollout);
    return waits >= timeoutSeconds
      ? nonCompliant(`waits ${waits} s in all, and may take ${timeoutSeconds} s`)
      : COMPLIANT;
  },
};

/** Seconds of watching; a step that is given as a number of machines counts once. */
function waitsOf({ stepPercent = 100, strategy, terminationSeconds, waitSeconds }: Rollout): number {
  const steps = strategy === 'canary' ? 2 : Math.ceil(100 / stepPercent);
  return steps * waitSeconds + terminationSeconds;
}
