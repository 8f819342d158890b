import type { JobStep } from '../../pipeline';
import type { State, States } from '../asl';
import { catchAll, failureOf, nextOf } from './edges';
import { isTraining, TRAINED, trainedPath } from './locate';

const LOST = 'MachineLost';

/** What the API answers while it is busy or a quota is used up. */
const BUSY = [
  'SageMaker.AmazonSageMakerException',
  'SageMaker.ResourceLimitExceededException',
  'ThrottlingException',
];

/**
 * A job, tried again when its machine was lost but not when its program failed. SageMaker tells the two
 * apart in the failure's text only, so a branch of its own judges it and the branch is retried.
 */
export function jobStates(step: JobStep, task: State): States {
  const { id, retry } = step;
  const backoff = {
    IntervalSeconds: retry.backoffSeconds,
    MaxAttempts: retry.attempts,
    BackoffRate: 2,
  };
  const branch: States = {
    [`${id}: job`]: {
      ...task,
      Retry: [{ ErrorEquals: BUSY, ...backoff }],
      Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: `${id}: cause` }],
      End: true,
    },
    [`${id}: cause`]: {
      Type: 'Choice',
      Choices: [
        {
          And: [
            { Variable: '$.Cause', IsPresent: true },
            { Not: { Variable: '$.Cause', StringMatches: '*AlgorithmError*' } },
            {
              Or: [
                { Variable: '$.Cause', StringMatches: '*InternalServerError*' },
                { Variable: '$.Cause', StringMatches: '*CapacityError*' },
              ],
            },
          ],
          Next: `${id}: machine lost`,
        },
      ],
      Default: `${id}: program failed`,
    },
    [`${id}: machine lost`]: { Type: 'Fail', Error: LOST, CausePath: '$.Cause' },
    [`${id}: program failed`]: { Type: 'Fail', ErrorPath: '$.Error', CausePath: '$.Cause' },
  };
  return {
    [id]: {
      Type: 'Parallel',
      Branches: [{ StartAt: `${id}: job`, States: branch }],
      Retry: [{ ErrorEquals: [LOST], ...backoff }],
      ...(isTraining(step)
        ? { ResultSelector: TRAINED, ResultPath: trainedPath(step) }
        : { ResultPath: null }),
      ...catchAll(failureOf(step)),
      ...nextOf(step),
    },
  };
}
