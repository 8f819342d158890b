import { value } from './expression';
import type { Subworkflow } from './source';

/** Names of the subworkflows that the steps of every pipeline share. */
export const READ_JSON = 'read_json';
export const RUN_CUSTOM_JOB = 'run_custom_job';
export const RUN_PROGRAM = 'run_program';

/** Seconds between two looks at a job. */
const POLL_SECONDS = 30;

/** Reads an object of the store as JSON: `path`. */
export function readJson(bucketName: string): Subworkflow {
  return {
    params: ['path'],
    steps: [
      {
        read_json_object: {
          call: 'googleapis.storage.v1.objects.get',
          args: { bucket: bucketName, object: value('text.url_encode(path)'), alt: 'media' },
          result: 'content',
        },
      },
      { read_json_done: { return: value('content') } },
    ],
  };
}

/**
 * Runs a custom job of Vertex AI to its end: `parent`, `region`, `body`. What it raises has the tag
 * `JobFailed`, or `MachineLost` where the job's machine was taken away or never came.
 */
export function runCustomJob(): Subworkflow {
  const state = (states: readonly string[]) =>
    value(`job.state in [${states.map((name) => `"JOB_STATE_${name}"`).join(', ')}]`);
  return {
    params: ['parent', 'region', 'body'],
    steps: [
      {
        custom_job_create: {
          call: 'googleapis.aiplatform.v1.projects.locations.customJobs.create',
          args: { parent: value('parent'), region: value('region'), body: value('body') },
          result: 'job',
        },
      },
      {
        custom_job_state: {
          switch: [
            { condition: state(['SUCCEEDED']), return: value('job') },
            { condition: state(['FAILED', 'CANCELLED', 'EXPIRED']), next: 'custom_job_failed' },
          ],
        },
      },
      { custom_job_wait: { call: 'sys.sleep', args: { seconds: POLL_SECONDS } } },
      {
        custom_job_look: {
          call: 'googleapis.aiplatform.v1.projects.locations.customJobs.get',
          args: { name: value('job.name'), region: value('region') },
          result: 'job',
          next: 'custom_job_state',
        },
      },
      {
        custom_job_failed: {
          assign: [
            { code: value('default(map.get(job, ["error", "code"]), 0)') },
            { cause: value('default(map.get(job, ["error", "message"]), job.state)') },
          ],
        },
      },
      {
        custom_job_raise: {
          // RESOURCE_EXHAUSTED, UNAVAILABLE, ABORTED: the machine's doing, not the program's.
          switch: [
            {
              condition: value('code in [8, 14, 10]'),
              raise: { message: value('cause'), code: value('code'), tags: ['MachineLost'] },
            },
          ],
        },
      },
      {
        custom_job_program_failed: {
          raise: { message: value('cause'), code: value('code'), tags: ['JobFailed'] },
        },
      },
    ],
  };
}

/** Runs a job of Cloud Run to its end: `name`, `args` of its container, `timeout` in seconds. */
export function runProgram(): Subworkflow {
  return {
    params: ['name', 'args', 'timeout'],
    steps: [
      {
        program_run: {
          call: 'googleapis.run.v2.projects.locations.jobs.run',
          args: {
            name: value('name'),
            body: {
              overrides: {
                containerOverrides: [{ args: value('args') }],
                timeout: value('string(timeout) + "s"'),
              },
            },
            connector_params: { timeout: value('timeout') },
          },
          result: 'execution',
        },
      },
      { program_done: { return: value('execution') } },
    ],
  };
}
