import type { ReleaseStep } from '../../pipeline';
import { FAILED, FAILED_STEP, failureOf, FAILURE } from './edges';
import { literal, stepName, value } from './expression';
import { GIVE_LOCK_BACK, TAKE_LOCK } from './lock-states';
import { LIVE_PATH, recordPath } from './live-states';
import { EXECUTION } from './locate';
import { notifyStates } from './notify-states';
import { REGISTERED } from './register-states';
import { ENDPOINT_EMPTY, type ReleaseSettings } from './release-settings';
import { releaseStates } from './release-states';
import { begin, releaseSubworkflows } from './render-workflow';
import { restoreStates } from './restore-states';
import { unless } from './lock-states';
import type { Steps, WorkflowSource, WorkflowStep } from './source';
import { READ_JSON, RUN_PROGRAM, readJson, runProgram } from './subworkflows';

const ROLLBACK = 'rollback';
const RESTORE = 'restore';
const NOTIFY = 'notify-failure';

/**
 * Moves the endpoint back to a version that has been live: to the one before, or to the one that the
 * argument names, `{ "version": "…" }`. It takes its turn with releases, and restores the endpoint when it
 * fails.
 */
export function renderRollback(release: ReleaseSettings): WorkflowSource {
  const restore = { id: RESTORE, next: NOTIFY, onFailure: NOTIFY };
  return {
    main: {
      params: ['input'],
      steps: [
        begin([{ target: null }]),
        ...rollbackStates({ id: ROLLBACK, next: null, onFailure: RESTORE }, release),
        ...restoreStates(restore),
        ...notifyStates({ id: NOTIFY, next: null }, release.pipeline),
        { [FAILED]: FAILED_STEP },
      ],
    },
    [READ_JSON]: readJson(release.bucketName),
    [RUN_PROGRAM]: runProgram(),
    ...releaseSubworkflows(release),
  };
}

/** Finds the version to go back to. Only one that has been live is recorded, so only such a one is found. */
function rollbackStates(
  step: Pick<ReleaseStep, 'id' | 'next' | 'onFailure'>,
  release: ReleaseSettings,
): Steps {
  const name = stepName(step.id);
  const state = (what: string) => `${name}_${what}`;
  const read = (path: string, result: string): WorkflowStep => ({
    call: READ_JSON,
    args: { path },
    result,
  });
  const refuse = (message: string, tag: string): WorkflowStep => ({ raise: { message, tags: [tag] } });
  return [
    {
      [name]: {
        try: {
          steps: [
            {
              [state('asked')]: {
                assign: [
                  { target: value('default(map.get(default(input, json.decode("{}")), "version"), "")') },
                ],
              },
            },
            {
              [state('which')]: {
                switch: [{ condition: value('target != ""'), next: state('record') }],
              },
            },
            { [state('live')]: read(LIVE_PATH, 'live') },
            { [state('live_record')]: read(value(recordPath('live.version')), 'live_record') },
            {
              [state('before')]: {
                assign: [{ target: value('default(map.get(live_record, "previous"), "")') }],
              },
            },
            {
              [state('any_before')]: {
                switch: [{ condition: value('target != ""'), next: state('record') }],
              },
            },
            {
              [state('no_version_before')]: refuse(
                'the version that is live is the first one; name the version to go to',
                'NoVersionBefore',
              ),
            },
            { [state('record')]: read(value(recordPath('target')), REGISTERED) },
            {
              [state('listed')]: {
                call: 'googleapis.aiplatform.v1.projects.locations.models.get',
                args: { name: value(`${REGISTERED}.model`), region: release.region },
                result: 'listed',
              },
            },
            {
              [state('approval')]: {
                switch: [
                  {
                    condition: value('default(map.get(listed, ["labels", "approval"]), "") == "approved"'),
                    next: state('found'),
                  },
                ],
              },
            },
            {
              [state('not_approved')]: refuse(
                value(`${literal('version ')} + target + ${literal(' is not approved in the registry')}`),
                'NotApproved',
              ),
            },
            { [state('found')]: { assign: [{ target: value(`${REGISTERED}.version`) }] } },
          ],
        },
        except: {
          as: 'e',
          steps: [{ [state('failed')]: { assign: [{ [FAILURE]: value('e') }], next: failureOf(step) } }],
        },
      },
    },
    ...releaseStates(
      { ...step, id: `${step.id}-release`, strategy: 'all-at-once', stepPercent: 100, waitMinutes: 0 },
      release,
    ),
  ];
}

/** Takes every version off the endpoint, so that it can be destroyed. Nothing is live after it. */
export function renderTeardown(release: ReleaseSettings): WorkflowSource {
  const execution = { execution: value(EXECUTION) };
  return {
    main: {
      params: ['input'],
      steps: [
        begin([]),
        {
          teardown: {
            try: {
              steps: [
                { teardown_lock: { call: TAKE_LOCK, args: execution } },
                { teardown_empty: { call: ENDPOINT_EMPTY, args: {} } },
                {
                  teardown_forget: {
                    try: {
                      call: 'googleapis.storage.v1.objects.delete',
                      args: { bucket: release.bucketName, object: encodeURIComponent(LIVE_PATH) },
                    },
                    except: unless('teardown_forget', [404], 'teardown_give_lock_back'),
                  },
                },
                { teardown_give_lock_back: { call: GIVE_LOCK_BACK, args: execution } },
              ],
            },
            except: {
              as: 'e',
              steps: [
                { teardown_unlock: { call: GIVE_LOCK_BACK, args: execution } },
                { teardown_failed: { raise: value('e') } },
              ],
            },
          },
        },
      ],
    },
    [READ_JSON]: readJson(release.bucketName),
    ...releaseSubworkflows(release),
  };
}
