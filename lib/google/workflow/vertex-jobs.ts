import { value } from './expression';
import type { Steps, Subworkflow } from './source';

/** Tags of what jobs raise. */
export const LOST_TAG = 'MachineLost';
export const NO_CAPACITY_TAG = 'NoCapacity';

/** Seconds between two looks at a job. */
const POLL_SECONDS = 30;

const VERTEX = 'googleapis.aiplatform.v1.projects.locations';

/**
 * Runs a custom job of Vertex AI to its end: `parent`, `region`, `body`, and `max_seconds` to wait for
 * machines and to run together, 0 without an end. What it raises has the tag `JobFailed`, or `MachineLost`
 * where the job's machine was taken away or never came; `NoCapacity` too where there was none of its kind.
 */
export function runCustomJob(): Subworkflow {
  return runJob('custom_job', 'customJobs', [{ custom_job_done: { return: value('job') } }]);
}

/**
 * Runs a tuning job of Vertex AI to its end, like a custom job, and returns `{ job, trial }`: the id of the
 * trial that measured best by the first metric of the study.
 */
export function runTuningJob(): Subworkflow {
  const measured = 'trial.finalMeasurement.metrics[0].value';
  return runJob('tuning_job', 'hyperparameterTuningJobs', [
    {
      tuning_job_study: {
        assign: [
          { best: null },
          { best_value: 0 },
          { maximize: value('job.studySpec.metrics[0].goal == "MAXIMIZE"') },
        ],
      },
    },
    {
      tuning_job_trials: {
        for: {
          value: 'trial',
          in: value('default(map.get(job, "trials"), [])'),
          steps: [
            {
              tuning_job_measured: {
                switch: [
                  { condition: value('trial.state != "SUCCEEDED"'), next: 'continue' },
                  { condition: value('best == null'), next: 'tuning_job_better' },
                  { condition: value(`maximize and ${measured} > best_value`), next: 'tuning_job_better' },
                  { condition: value(`maximize or ${measured} >= best_value`), next: 'continue' },
                ],
              },
            },
            {
              tuning_job_better: { assign: [{ best: value('trial.id') }, { best_value: value(measured) }] },
            },
          ],
        },
      },
    },
    {
      tuning_job_any: {
        switch: [
          {
            condition: value('best == null'),
            raise: { message: 'no trial of the tuning succeeded', tags: ['JobFailed'] },
          },
        ],
      },
    },
    { tuning_job_done: { return: { job: value('job'), trial: value('best') } } },
  ]);
}

function runJob(name: string, collection: string, done: Steps): Subworkflow {
  const step = (what: string) => `${name}_${what}`;
  const state = (states: readonly string[]) =>
    value(`job.state in [${states.map((each) => `"JOB_STATE_${each}"`).join(', ')}]`);
  const call = (method: string) => `${VERTEX}.${collection}.${method}`;
  const lost = (condition: string, tags: readonly string[]) => ({
    condition: value(condition),
    raise: { message: value('cause'), code: value('code'), tags },
  });
  return {
    params: ['parent', 'region', 'body', { max_seconds: 0 }],
    steps: [
      { [step('begin')]: { assign: [{ waited: 0 }] } },
      {
        [step('create')]: {
          try: {
            call: call('create'),
            args: { parent: value('parent'), region: value('region'), body: value('body') },
            result: 'job',
          },
          except: {
            as: 'e',
            steps: [
              {
                [step('refused')]: {
                  switch: [
                    {
                      // A quota that is used up is no capacity either.
                      condition: value('default(map.get(e, "code"), 0) == 429'),
                      raise: { message: value('e.message'), code: 429, tags: [LOST_TAG, NO_CAPACITY_TAG] },
                    },
                  ],
                },
              },
              { [step('not_created')]: { raise: value('e') } },
            ],
          },
        },
      },
      {
        [step('state')]: {
          switch: [
            { condition: state(['SUCCEEDED']), next: step('succeeded') },
            { condition: state(['FAILED', 'CANCELLED', 'EXPIRED']), next: step('failed') },
            { condition: value('max_seconds > 0 and waited >= max_seconds'), next: step('give_up') },
          ],
        },
      },
      { [step('wait')]: { call: 'sys.sleep', args: { seconds: POLL_SECONDS } } },
      { [step('waited')]: { assign: [{ waited: value(`waited + ${POLL_SECONDS}`) }] } },
      {
        [step('look')]: {
          try: {
            call: call('get'),
            args: { name: value('job.name'), region: value('region') },
            result: 'job',
          },
          retry: {
            predicate: value('http.default_retry_predicate'),
            max_retries: 5,
            backoff: { initial_delay: 5, max_delay: 60, multiplier: 2 },
          },
          next: step('state'),
        },
      },
      {
        [step('give_up')]: {
          call: call('cancel'),
          args: { name: value('job.name'), region: value('region') },
        },
      },
      {
        [step('given_up')]: {
          raise: {
            message: value('"no machine in time: the job was " + job.state'),
            tags: [LOST_TAG, NO_CAPACITY_TAG],
          },
        },
      },
      {
        [step('failed')]: {
          assign: [
            { code: value('default(map.get(job, ["error", "code"]), 0)') },
            { cause: value('default(map.get(job, ["error", "message"]), job.state)') },
          ],
        },
      },
      {
        [step('raise')]: {
          // RESOURCE_EXHAUSTED; then ABORTED, INTERNAL, UNAVAILABLE: the machine's doing, not the program's.
          switch: [lost('code == 8', [LOST_TAG, NO_CAPACITY_TAG]), lost('code in [10, 13, 14]', [LOST_TAG])],
        },
      },
      {
        [step('program_failed')]: {
          raise: { message: value('cause'), code: value('code'), tags: ['JobFailed'] },
        },
      },
      { [step('succeeded')]: { assign: [{ waited: 0 }] } },
      ...done,
    ],
  };
}
