import type { NotifyStep } from '../../pipeline';
import { FAILED, FAILURE } from './edges';
import { stepName, value } from './expression';
import { RUN } from './locate';
import type { Steps } from './source';

/** Field `event` of the log entry of a run that failed; an alert tells people of it. */
export const RUN_FAILED = 'run-failed';

/** Writes the failure to the log, where an alert on it tells people, and ends the run so. */
export function notifyStates({ id, next }: Pick<NotifyStep, 'id' | 'next'>, pipeline: string): Steps {
  const name = stepName(id);
  return [
    {
      [name]: {
        try: {
          call: 'sys.log',
          args: {
            severity: 'ERROR',
            json: {
              event: RUN_FAILED,
              pipeline,
              run: value(RUN),
              message: value(`"Run " + ${RUN} + ${JSON.stringify(` of ${pipeline} failed`)}`),
              failure: value(FAILURE),
            },
          },
        },
        // Not being heard must not hide what failed.
        except: { steps: [{ [`${name}_unheard`]: { assign: [{ unheard: true }] } }] },
        next: next === null ? FAILED : stepName(next),
      },
    },
  ];
}
