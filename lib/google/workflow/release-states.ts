import type { ReleaseStep } from '../../pipeline';
import { failureOf, FAILURE, nextOf } from './edges';
import { literal, stepName, value } from './expression';
import { JUDGE_RELEASE } from './judge-states';
import { MARK_LIVE } from './live-states';
import { GIVE_LOCK_BACK, TAKE_LOCK } from './lock-states';
import { EXECUTION } from './locate';
import { REGISTERED } from './register-states';
import {
  ENDPOINT_DEPLOY,
  ENDPOINT_LIVE,
  ENDPOINT_RETIRE,
  ENDPOINT_TRAFFIC,
  type ReleaseSettings,
} from './release-settings';
import type { Steps, WorkflowStep } from './source';

/** What the release has begun: `{ begun, name, previous }`. */
export const RELEASE = 'release_state';

/** The release before it has touched the endpoint. */
export const UNTOUCHED = { begun: false, name: null, previous: null };

type Stages = Pick<ReleaseStep, 'id' | 'next' | 'onFailure' | 'strategy' | 'stepPercent' | 'waitMinutes'>;

/**
 * Waits for its turn, puts the version beside what is live, moves the traffic to it by the plan's strategy,
 * and takes it for released only when the endpoint says so, no limit is exceeded, and it answers the golden
 * samples. Then what was live is taken off.
 */
export function releaseStates(step: Stages, settings: ReleaseSettings): Steps {
  const name = stepName(step.id);
  const state = (what: string) => `${name}_${what}`;
  const id = state('id');
  const live = state('live');
  const smokeTest = { [state('smoke_test')]: settings.smokeTest };
  const first = settings.target.smokeTestAt === 'candidate';
  const percents = percentsOf(step);
  return [
    {
      [name]: {
        try: {
          steps: [
            { [state('lock')]: { call: TAKE_LOCK, args: { execution: value(EXECUTION) } } },
            { [state('look')]: { call: ENDPOINT_LIVE, args: {}, result: live } },
            {
              [state('remember')]: {
                assign: [
                  {
                    [RELEASE]: {
                      begun: true,
                      name: value(
                        `${literal(`${settings.target.namePrefix ?? settings.pipeline}-`)} + ${REGISTERED}.version + ${literal(`-${settings.target.contentHash}`)}`,
                      ),
                      previous: value(live),
                    },
                  },
                  { [state('percents')]: percents },
                  { [id]: null },
                ],
              },
            },
            {
              [state('first')]: {
                switch: [
                  { condition: value(`${live} == null`), next: state('at_once') },
                  {
                    condition: value(`default(map.get(${live}, "placeholder"), false)`),
                    next: state('at_once'),
                  },
                ],
              },
            },
            {
              [state('again')]: {
                switch: [
                  { condition: value(`${live}.name == ${RELEASE}.name`), next: state('already_there') },
                ],
                next: state('deploy'),
              },
            },
            {
              [state('already_there')]: {
                assign: [{ [id]: value(`${live}.id`) }, { [state('percents')]: [100] }],
                next: state('traffic'),
              },
            },
            { [state('at_once')]: { assign: [{ [state('percents')]: [100] }] } },
            {
              [state('deploy')]: {
                call: ENDPOINT_DEPLOY,
                args: { registered: value(REGISTERED), name: value(`${RELEASE}.name`), live: value(live) },
                result: id,
              },
            },
            ...(first ? [smokeTest] : []),
            { [state('traffic')]: moveTraffic(step, state, id, live) },
            ...(first ? [] : [smokeTest]),
            { [state('retire')]: { call: ENDPOINT_RETIRE, args: { id: value(id) } } },
            { [state('mark_live')]: { call: MARK_LIVE, args: { registered: value(REGISTERED) } } },
            { [state('give_lock_back')]: { call: GIVE_LOCK_BACK, args: { execution: value(EXECUTION) } } },
          ],
        },
        except: {
          as: 'e',
          steps: [{ [state('failed')]: { assign: [{ [FAILURE]: value('e') }], next: failureOf(step) } }],
        },
        next: nextOf(step),
      },
    },
  ];
}

/** Each share in turn: moved, watched for the plan's time, and judged by what was measured in it. */
function moveTraffic(
  { waitMinutes }: Stages,
  state: (what: string) => string,
  id: string,
  live: string,
): WorkflowStep {
  return {
    for: {
      value: 'percent',
      in: value(state('percents')),
      steps: [
        {
          [state('shift')]: {
            call: ENDPOINT_TRAFFIC,
            args: { id: value(id), live: value(live), percent: value('percent') },
          },
        },
        { [state('since')]: { assign: [{ since: value('sys.now()') }] } },
        ...(waitMinutes > 0
          ? [
              { [state('watch')]: { call: 'sys.sleep', args: { seconds: waitMinutes * 60 } } },
              {
                [state('judge')]: { call: JUDGE_RELEASE, args: { id: value(id), since: value('since') } },
              },
            ]
          : []),
      ],
    },
  };
}

/** Shares of the traffic that the new version gets, one after the other. */
export function percentsOf({ strategy, stepPercent }: Pick<Stages, 'strategy' | 'stepPercent'>): number[] {
  if (strategy === 'canary') return [stepPercent, 100];
  if (strategy === 'all-at-once') return [100];
  const steps = Math.ceil(100 / stepPercent);
  return Array.from({ length: steps }, (_, index) => Math.min(100, (index + 1) * stepPercent));
}
