import type { ReleaseStep } from '../../pipeline';
import type { States } from '../asl';
import { ENDPOINT, IN_SERVICE, renderRetention, sdkTask, settleStates } from './endpoint-states';
import { API_RETRY, catchAll, failureOf } from './edges';
import { unlockState } from './lock-states';
import { CREATED, PREVIOUS, type ReleaseSettings } from './release-settings';
import { scalingStates } from './scaling-states';

/** Where a failure to restore goes: the failure of the release stays the run's cause. */
const FAILURE = '$.restore.failure';
/** Present once the endpoint was sent back. */
const SENT_BACK = '$.restore.sent';

/**
 * Puts the endpoint back on the configuration it had before a release that failed. An endpoint that the
 * release itself created is removed: no version has ever been live on it.
 */
export function restoreStates(
  step: Pick<ReleaseStep, 'id' | 'next' | 'onFailure'>,
  settings: ReleaseSettings,
): States {
  const { id } = step;
  const { endpointName, lock, replicas } = settings;
  const state = (name: string) => `${id}: ${name}`;
  const done = state('give the lock back');
  const removal = `${id} by removal`;
  const failed = { next: done, path: FAILURE };
  const isBack = {
    And: [IN_SERVICE, { Variable: `${ENDPOINT}.config`, StringEqualsPath: `${PREVIOUS}.config` }],
  };
  const scaling = scalingStates(id, endpointName, replicas, {
    next: done,
    failure: failed.next,
    failurePath: failed.path,
  });
  return {
    [id]: {
      Type: 'Choice',
      Choices: [
        { Variable: PREVIOUS, IsPresent: true, Next: state('look') },
        { Variable: CREATED, IsPresent: true, Next: state('delete the endpoint') },
      ],
      Default: done,
    },
    ...settleStates(id, endpointName, state('is it back?'), failed.next, failed.path),
    [state('is it back?')]: {
      Type: 'Choice',
      Choices: [
        { ...isBack, Next: scaling.start },
        { Variable: SENT_BACK, IsPresent: true, Next: state('not restored') },
      ],
      Default: state('update the endpoint'),
    },
    [state('update the endpoint')]: {
      ...sdkTask('sagemaker:updateEndpoint', {
        EndpointName: endpointName,
        'EndpointConfigName.$': `${PREVIOUS}.config`,
        ...renderRetention(replicas),
      }),
      ResultPath: SENT_BACK,
      ...API_RETRY,
      ...catchAll(failed.next, failed.path),
      Next: state('wait'),
    },
    [state('not restored')]: {
      Type: 'Pass',
      Parameters: { Error: 'NotRestored', 'Cause.$': `${ENDPOINT}.status` },
      ResultPath: failed.path,
      Next: failed.next,
    },
    ...scaling.states,
    [state('delete the endpoint')]: {
      ...sdkTask('sagemaker:deleteEndpoint', { EndpointName: endpointName }),
      ...API_RETRY,
      ...catchAll(failed.next, failed.path),
      Next: `${removal}: wait`,
    },
    // An endpoint that is gone cannot be looked at: that ends it too.
    ...settleStates(removal, endpointName, done, done, null),
    [done]: unlockState(lock, { Next: step.next ?? failureOf(step) }),
  };
}
