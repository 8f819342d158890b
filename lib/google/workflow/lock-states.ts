import { literal, value } from './expression';
import type { Steps, Subworkflow, WorkflowSource } from './source';

/** The one release of an endpoint that may be under way. */
export interface LockSettings {
  readonly bucketName: string;
  readonly endpointId: string;
}

/** Waits until no other run releases to the endpoint: `execution`, the name of this run's. */
export const TAKE_LOCK = 'take_lock';
/** Gives the lock back where `execution` holds it. Never fails: a lock of a run that has ended is taken over. */
export const GIVE_LOCK_BACK = 'give_lock_back';

/** Seconds between two looks at a lock that another run holds. */
const POLL_SECONDS = 60;

const OBJECTS = 'googleapis.storage.v1.objects';

/** Prefix of the store that locks lie under. */
export const LOCKS = 'releases/locks/';

export function lockSubworkflows({ bucketName, endpointId }: LockSettings): WorkflowSource {
  const path = `${LOCKS}${endpointId}.json`;
  const lock = { bucket: bucketName, object: encodeURIComponent(path) };
  return {
    [TAKE_LOCK]: takeLock(bucketName, path, lock),
    [GIVE_LOCK_BACK]: giveLockBack(lock),
  };
}

function takeLock(bucket: string, name: string, lock: object): Subworkflow {
  return {
    params: ['execution'],
    steps: [
      {
        lock_take: {
          try: {
            call: `${OBJECTS}.insert`,
            args: {
              bucket,
              name,
              ifGenerationMatch: '0',
              uploadType: 'media',
              body: { execution: value('execution') },
            },
          },
          except: unless('lock_take', [412], 'lock_see'),
          next: 'lock_taken',
        },
      },
      {
        lock_see: {
          try: { call: `${OBJECTS}.get`, args: lock, result: 'seen' },
          except: unless('lock_see', [404], 'lock_take'),
        },
      },
      {
        lock_read: {
          try: { call: `${OBJECTS}.get`, args: { ...lock, alt: 'media' }, result: 'held' },
          except: unless('lock_read', [404], 'lock_take'),
        },
      },
      {
        lock_mine: {
          switch: [{ condition: value('held.execution == execution'), next: 'lock_taken' }],
        },
      },
      {
        lock_holder: {
          try: {
            call: 'googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get',
            args: { name: value('held.execution') },
            result: 'holder',
          },
          // What Workflows has forgotten ended long ago.
          except: unless('lock_holder', [404], 'lock_drop'),
        },
      },
      {
        lock_under_way: {
          switch: [{ condition: value('holder.state in ["ACTIVE", "QUEUED"]'), next: 'lock_wait' }],
        },
      },
      {
        lock_drop: {
          try: {
            call: `${OBJECTS}.delete`,
            args: { ...lock, ifGenerationMatch: value('seen.generation') },
          },
          // Somebody else was faster.
          except: unless('lock_drop', [404, 412], 'lock_take'),
          next: 'lock_take',
        },
      },
      { lock_wait: { call: 'sys.sleep', args: { seconds: POLL_SECONDS }, next: 'lock_take' } },
      { lock_taken: { return: true } },
    ],
  };
}

function giveLockBack(lock: object): Subworkflow {
  return {
    params: ['execution'],
    steps: [
      {
        unlock: {
          try: {
            steps: [
              { unlock_see: { call: `${OBJECTS}.get`, args: lock, result: 'seen' } },
              { unlock_read: { call: `${OBJECTS}.get`, args: { ...lock, alt: 'media' }, result: 'held' } },
              {
                unlock_mine: {
                  switch: [{ condition: value('held.execution != execution'), return: false }],
                },
              },
              {
                unlock_drop: {
                  call: `${OBJECTS}.delete`,
                  args: { ...lock, ifGenerationMatch: value('seen.generation') },
                },
              },
            ],
          },
          except: { as: 'e', steps: [{ unlock_not: { return: false } }] },
        },
      },
      { unlock_done: { return: true } },
    ],
  };
}

/** Goes on where the error has one of these codes, raises it again otherwise. */
export function unless(
  name: string,
  codes: readonly number[],
  next: string,
): { readonly as: string; readonly steps: Steps } {
  return {
    as: 'e',
    steps: [
      {
        [`${name}_expected`]: {
          switch: [
            {
              condition: value(`default(map.get(e, ${literal('code')}), 0) in ${JSON.stringify(codes)}`),
              next,
            },
          ],
        },
      },
      { [`${name}_unexpected`]: { raise: value('e') } },
    ],
  };
}
