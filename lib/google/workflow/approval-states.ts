import type { ApprovalStep } from '../../pipeline';
import { API_RETRY, failureOf, FAILURE, guarded, nextOf } from './edges';
import { literal, stepName, value } from './expression';
import { RUN } from './locate';
import { REGISTERED, SET_APPROVAL } from './register-states';
import type { Steps, WorkflowStep } from './source';

/** Field `event` of the log entry that asks for approval; an alert on it tells the approvers. */
export const APPROVAL_REQUESTED = 'approval-requested';

/** Approval as a label of the version in the registry, given at once or by a person in time. */
export function approvalStates(step: ApprovalStep, pipeline: string): Steps {
  const name = stepName(step.id);
  const edges = { next: nextOf(step), failure: failureOf(step), retry: API_RETRY };
  if (step.approval === 'automatic') return [{ [name]: guarded(name, set('approved'), edges) }];
  const { approvers, expiresHours } = step.approval;
  const state = (what: string) => `${name}_${what}`;
  const callback = state('callback');
  const answer = state('answer');
  return [
    {
      [name]: {
        try: {
          steps: [
            {
              [state('ask')]: {
                call: 'events.create_callback_endpoint',
                args: { http_callback_method: 'POST' },
                result: callback,
              },
            },
            { [state('tell')]: tell(pipeline, callback, approvers, expiresHours) },
            {
              [state('wait')]: {
                call: 'events.await_callback',
                args: { callback: value(callback), timeout: expiresHours * 3600 },
                result: answer,
              },
            },
            {
              // Parameters of the query come as texts or as lists of them.
              [state('decision')]: {
                switch: [
                  {
                    condition: value(
                      `text.match_regex(json.encode_to_string(${answer}.http_request.query), "\\"approve\\"")`,
                    ),
                    next: state('approved'),
                  },
                ],
              },
            },
            {
              [state('refused')]: {
                raise: { message: 'a person has rejected the version', tags: ['Rejected'] },
              },
            },
            { [state('approved')]: { assign: [{ [answer]: null }] } },
          ],
        },
        except: {
          as: 'e',
          steps: [
            { [state('failed')]: { assign: [{ [FAILURE]: value('e') }] } },
            {
              [state('expired')]: {
                switch: [
                  {
                    condition: value('"TimeoutError" in default(map.get(e, "tags"), [])'),
                    steps: [
                      {
                        [state('nobody')]: {
                          assign: [
                            {
                              [FAILURE]: {
                                message: `nobody has approved the version within ${expiresHours} hours`,
                                tags: ['ApprovalTimeout'],
                              },
                            },
                          ],
                        },
                      },
                    ],
                  },
                ],
                next: state('rejected'),
              },
            },
          ],
        },
        next: state('record'),
      },
    },
    {
      [state('record')]: guarded(state('record'), set('approved'), edges),
    },
    {
      // Not recording it must not hide that it was rejected.
      [state('rejected')]: guarded(state('rejected'), set('rejected'), {
        ...edges,
        next: edges.failure,
        remember: 'unrecorded',
      }),
    },
  ];
}

function set(approval: 'approved' | 'rejected'): WorkflowStep {
  return { call: SET_APPROVAL, args: { name: value(`${REGISTERED}.model`), approval } };
}

function tell(
  pipeline: string,
  callback: string,
  approvers: readonly string[],
  expiresHours: number,
): WorkflowStep {
  const url = (decision: string) => value(`${callback}.url + ${literal(`?decision=${decision}`)}`);
  return {
    call: 'sys.log',
    args: {
      severity: 'NOTICE',
      json: {
        event: APPROVAL_REQUESTED,
        pipeline,
        run: value(RUN),
        version: value(`${REGISTERED}.version`),
        model: value(`${REGISTERED}.model`),
        approvers,
        expiresHours,
        message: value(
          `${literal('Version ')} + ${REGISTERED}.version + ${literal(` of ${pipeline} waits for approval`)}`,
        ),
        approve: url('approve'),
        reject: url('reject'),
        how: 'curl -X POST -H "Authorization: Bearer $(gcloud auth print-access-token)" "<address of approve or reject>"',
      },
    },
  };
}
