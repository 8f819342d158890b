import { value } from './expression';
import type { Subworkflow, WorkflowSource } from './source';
import { LOST_TAG, runCustomJob, runTuningJob } from './vertex-jobs';

/** Names of the subworkflows that the steps of every pipeline share. */
export const READ_JSON = 'read_json';
export const RUN_CUSTOM_JOB = 'run_custom_job';
export const RUN_TUNING_JOB = 'run_tuning_job';
export const RUN_PROGRAM = 'run_program';
/** A predicate of retries: whether a machine was lost, rather than a program failing. */
export const MACHINE_LOST = 'machine_lost';

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
 * Runs a job of Cloud Run to its end: `name`, `args` of its container, `timeout` in seconds. What it raises
 * has the tag `JobFailed`, or `MachineLost` where Cloud Run had no machine for it.
 */
export function runProgram(): Subworkflow {
  const failed = 'default(map.get(e, ["operation", "error", "code"]), default(map.get(e, "code"), 0))';
  return {
    params: ['name', 'args', 'timeout'],
    steps: [
      {
        program_run: {
          try: {
            call: 'googleapis.run.v2.projects.locations.jobs.run',
            args: {
              name: value('name'),
              body: {
                overrides: {
                  containerOverrides: [{ args: value('args') }],
                  timeout: value('string(timeout) + "s"'),
                },
              },
              connector_params: { timeout: value('timeout + 600') },
            },
            result: 'execution',
          },
          except: {
            as: 'e',
            steps: [
              {
                program_failed: {
                  assign: [
                    { code: value(failed) },
                    { told: value('default(map.get(e, "message"), "the program failed")') },
                    { cause: value('default(map.get(e, ["operation", "error", "message"]), told)') },
                  ],
                },
              },
              {
                program_raise: {
                  switch: [
                    {
                      condition: value('code in [8, 10, 13, 14, 429, 502, 503, 504]'),
                      raise: { message: value('cause'), code: value('code'), tags: [LOST_TAG] },
                    },
                  ],
                },
              },
              {
                program_raise_failed: {
                  raise: { message: value('cause'), code: value('code'), tags: ['JobFailed'] },
                },
              },
            ],
          },
        },
      },
      { program_done: { return: value('execution') } },
    ],
  };
}

/** Takes the error that a try ended with: whether it is worth another machine. */
export function machineLost(): Subworkflow {
  return {
    params: ['e'],
    steps: [
      {
        machine_lost_tags: {
          switch: [
            { condition: value(`"${LOST_TAG}" in default(map.get(e, "tags"), [])`), return: true },
            { condition: value('default(map.get(e, "code"), 0) in [429, 502, 503, 504]'), return: true },
          ],
        },
      },
      { machine_lost_not: { return: false } },
    ],
  };
}

/** What steps of pipelines call. */
export function commonSubworkflows(bucketName: string): WorkflowSource {
  return {
    [READ_JSON]: readJson(bucketName),
    [RUN_CUSTOM_JOB]: runCustomJob(),
    [RUN_TUNING_JOB]: runTuningJob(),
    [RUN_PROGRAM]: runProgram(),
    [MACHINE_LOST]: machineLost(),
  };
}
