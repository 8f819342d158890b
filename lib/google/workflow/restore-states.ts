import type { ReleaseStep } from '../../pipeline';
import { failureOf } from './edges';
import { stepName, value } from './expression';
import { EXECUTION } from './locate';
import { GIVE_LOCK_BACK } from './lock-states';
import { ENDPOINT_RETURN } from './release-settings';
import { RELEASE } from './release-states';
import type { Steps } from './source';

/**
 * Puts back what was live before a release that failed; where nothing was, takes off what the release put
 * there. The failure of the release stays the run's cause, whatever comes of it.
 */
export function restoreStates(step: Pick<ReleaseStep, 'id' | 'next' | 'onFailure'>): Steps {
  const name = stepName(step.id);
  const done = `${name}_give_lock_back`;
  return [
    {
      [name]: {
        switch: [{ condition: value(`not ${RELEASE}.begun`), next: done }],
      },
    },
    {
      [`${name}_endpoint`]: {
        try: {
          call: ENDPOINT_RETURN,
          args: { previous: value(`${RELEASE}.previous`) },
        },
        except: {
          as: 'e',
          steps: [{ [`${name}_failed`]: { assign: [{ not_restored: value('e') }], next: done } }],
        },
      },
    },
    {
      [done]: {
        call: GIVE_LOCK_BACK,
        args: { execution: value(EXECUTION) },
        next: step.next === null ? failureOf(step) : stepName(step.next),
      },
    },
  ];
}
