import type { NotifyStep } from '../../pipeline';
import type { StepResult } from './context';

/** On this machine the terminal is where a failure is heard of. */
export function runNotify({ recipients }: NotifyStep): StepResult {
  return {
    detail: recipients.length === 0 ? 'said here' : `said here; on a cloud to ${recipients.join(', ')}`,
  };
}
