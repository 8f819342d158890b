import type { FunctionStep, JobStep } from '../../pipeline';
import type { State, States } from '../asl';
import { catchAll, failureOf, nextOf } from './edges';
import { isTraining, trainedOf, trainedPath } from './locate';

const LOST = 'MachineLost';

/** What the API answers while it is busy or a quota is used up. */
const QUOTA = 'SageMaker.ResourceLimitExceededException';
const BUSY = ['SageMaker.AmazonSageMakerException', 'ThrottlingException'];

/** In what SageMaker says of a job that got no machine, or not in the time it may wait for one. */
const NO_CAPACITY = ['CapacityError', 'InsufficientCapacity', 'MaxWaitTimeExceeded', 'ResourceLimitExceeded'];
/** In what SageMaker says of a job whose machine failed, was not to be had, or was taken away. */
const MACHINE_LOST = [
  'InternalServerError',
  'CapacityError',
  'InsufficientCapacity',
  'MaxWaitTimeExceeded',
  '"SecondaryStatus":"Interrupted"',
];

/**
 * A job, tried again when its machine was lost but not when its program failed. SageMaker tells the two
 * apart in the failure's text only, so a branch of its own judges it and the branch is retried. Where a
 * machine has no capacity, the branch goes on to the next one.
 *
 * @param tasks the job on each of its machines, in their order
 */
export function jobState(step: JobStep | FunctionStep, tasks: readonly State[]): State {
  const { id, retry } = step;
  const backoff = {
    IntervalSeconds: retry.backoffSeconds,
    MaxAttempts: retry.attempts,
    BackoffRate: 2,
  };
  const failed = `${id}: program failed`;
  const lost = `${id}: machine lost`;
  const tunes = step.kind === 'job' && step.program === 'tune';
  const ended = tunes ? { Next: `${id}: any trial?` } : { End: true };
  const tries = tasks.map((task, index): States => {
    const next = index + 1 < tasks.length ? nameOf(id, 'job', index + 1) : undefined;
    // Where there is another machine, nobody waits for the quota of this one.
    const busy = next === undefined ? [...BUSY, QUOTA] : BUSY;
    return {
      [nameOf(id, 'job', index)]: {
        ...task,
        Retry: [{ ErrorEquals: busy, ...backoff }],
        Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: nameOf(id, 'cause', index) }],
        ...ended,
      },
      [nameOf(id, 'cause', index)]: {
        Type: 'Choice',
        Choices: [
          ...(next === undefined ? [] : [{ ...causedBy(NO_CAPACITY), Next: next }]),
          { ...causedBy(MACHINE_LOST), Next: lost },
        ],
        Default: failed,
      },
    };
  });
  const branch: States = Object.assign({}, ...tries, tunes ? trialStates(id) : {}, {
    [lost]: { Type: 'Fail', Error: LOST, CausePath: '$.Cause' },
    [failed]: { Type: 'Fail', ErrorPath: '$.Error', CausePath: '$.Cause' },
  }) as States;
  return {
    Type: 'Parallel',
    Branches: [{ StartAt: nameOf(id, 'job', 0), States: branch }],
    Retry: [{ ErrorEquals: [LOST], ...backoff }],
    ...(step.kind === 'job' && isTraining(step)
      ? { ResultSelector: trainedOf(step), ResultPath: trainedPath(step) }
      : { ResultPath: null }),
    ...catchAll(failureOf(step)),
    ...nextOf(step),
  };
}

/** A tuning ends well without a best trial too: where none told the objective. */
function trialStates(id: string): States {
  const [any, none] = [`${id}: any trial?`, `${id}: no trial`];
  return {
    [any]: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.BestTrainingJob.TrainingJobName', IsPresent: true, Next: `${id}: best trial` },
      ],
      Default: none,
    },
    [`${id}: best trial`]: { Type: 'Pass', End: true },
    [none]: {
      Type: 'Fail',
      Error: 'NoTrialSucceeded',
      Cause: 'no trial of the tuning told its objective',
    },
  };
}

function nameOf(id: string, what: string, index: number): string {
  return index === 0 ? `${id}: ${what}` : `${id}: ${what} on machine ${index + 1}`;
}

/** A failure that is not the program's, and whose text holds one of these. */
function causedBy(texts: readonly string[]): object {
  return {
    And: [
      { Variable: '$.Cause', IsPresent: true },
      { Not: { Variable: '$.Cause', StringMatches: '*AlgorithmError*' } },
      { Or: texts.map((text) => ({ Variable: '$.Cause', StringMatches: `*${text}*` })) },
    ],
  };
}
