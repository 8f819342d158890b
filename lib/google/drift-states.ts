import type { JobStep } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { Project } from './project';
import type { RequestLog } from './request-log';
import { FAILURE, guarded } from './workflow/edges';
import { literal, value } from './workflow/expression';
import { retried } from './workflow/job-states';
import { LIVE_PATH } from './workflow/live-states';
import { RUN } from './workflow/locate';
import { unless } from './workflow/lock-states';
import type { Steps, WorkflowSource, WorkflowStep } from './workflow/source';
import {
  MACHINE_LOST,
  machineLost,
  READ_JSON,
  readJson,
  RUN_PROGRAM,
  runProgram,
} from './workflow/subworkflows';

export interface DriftWorkflowSettings {
  readonly pipeline: string;
  readonly project: Project;
  readonly store: IArtifactStore;
  /** @default - the requests are in the store already */
  readonly requestLog?: RequestLog;
  /** Takes what a check looks at; ends with `/`. */
  readonly capture: string;
  /** Takes the reports, one directory for each check; ends with `/`. */
  readonly reports: string;
  /** Of requests to look at. */
  readonly hours: number;
  /** The plan's step, for its retries. */
  readonly step: JobStep;
  /** The job, which finds exported requests in `<capture><run>/`, and the version as `live.version`. */
  readonly call: WorkflowStep;
}

/** Field `event` of the log entry of a check. */
export const DRIFT_CHECKED = 'drift-checked';

const BIGQUERY = 'googleapis.bigquery.v2';
const OBJECTS = 'googleapis.storage.v1.objects';

/** Which version is live → its requests from BigQuery into the store → the job → what it measured to the log. */
export function renderDriftWorkflow(settings: DriftWorkflowSettings): WorkflowSource {
  const { requestLog, store } = settings;
  const bucket = store.bucketName;
  const done = requestLog ? 'clean' : 'ended';
  return {
    main: {
      steps: [
        BEGIN,
        {
          read_live: {
            try: { call: READ_JSON, args: { path: LIVE_PATH }, result: 'live' },
            except: unless('read_live', [404], 'end'),
          },
        },
        ...(requestLog ? exportStates(settings, requestLog) : []),
        {
          drift: retried({ ...settings.step, id: 'drift', next: 'read', onFailure: done }, settings.call),
        },
        {
          read: guarded(
            'read',
            {
              call: READ_JSON,
              args: { path: value(`${literal(settings.reports)} + run + "/metrics/metrics.json"`) },
              result: 'measured',
            },
            { next: 'publish', failure: done },
          ),
        },
        { publish: publishStep(settings.pipeline) },
        ...(requestLog ? [{ clean: removeCopy(bucket) }] : []),
        { ended: { switch: [{ condition: value(`${FAILURE} != null`), raise: value(FAILURE) }] } },
      ],
    },
    [READ_JSON]: readJson(bucket),
    [RUN_PROGRAM]: runProgram(),
    [MACHINE_LOST]: machineLost(),
  };
}

/** Declares what later steps change from within blocks of their own. */
const BEGIN = {
  begin: {
    assign: [
      { [RUN]: value('sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")') },
      { [FAILURE]: null },
      { live: null },
      { measured: { samples: 0 } },
    ],
  },
};

/** Vertex AI makes the table with the first request: without it there was none. */
function exportStates(
  { capture, hours, project, store }: DriftWorkflowSettings,
  { datasetId, table, tableId }: RequestLog,
): Steps {
  const rows =
    "SELECT FORMAT_TIMESTAMP('%FT%H:%M:%E6SZ', logging_time) AS time, request_payload, response_payload " +
    `FROM \`${table}\` ` +
    `WHERE logging_time > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL ${hours} HOUR)`;
  return [
    { directory: { assign: [{ directory: value(`${literal(capture)} + ${RUN} + "/"`) }, { left: {} }] } },
    {
      look: {
        try: { call: `${BIGQUERY}.tables.get`, args: { projectId: project.id, datasetId, tableId } },
        except: unless('look', [404], 'publish'),
      },
    },
    {
      rows: {
        assign: [{ rows }, { uri: value(`${literal(store.uri(''))} + directory + "*.jsonl"`) }],
      },
    },
    {
      export: guarded(
        'export',
        {
          call: `${BIGQUERY}.jobs.insert`,
          args: {
            projectId: project.id,
            body: {
              jobReference: {
                projectId: project.id,
                jobId: value(`"drift-" + ${RUN}`),
                location: project.region,
              },
              configuration: {
                query: {
                  query: value(`"EXPORT DATA OPTIONS (uri = '" + uri + "', format = 'JSON') AS " + rows`),
                  useLegacySql: false,
                },
              },
            },
          },
        },
        { next: 'drift', failure: 'clean' },
      ),
    },
  ];
}

/** With too few samples the job measures no index, and metrics of the log take no entry without one. */
function publishStep(pipeline: string): WorkflowStep {
  return {
    call: 'sys.log',
    args: {
      severity: 'INFO',
      json: {
        event: DRIFT_CHECKED,
        pipeline,
        version: value('live.version'),
        samples: value('measured.samples'),
        populationStability: value('map.get(measured, "psi_max")'),
        predictionStability: value('map.get(measured, "psi_prediction")'),
      },
    },
  };
}

/** BigQuery keeps the requests; where the copy cannot be removed, it stays. */
function removeCopy(bucket: string): WorkflowStep {
  return {
    try: {
      steps: [
        {
          clean_list: {
            call: `${OBJECTS}.list`,
            args: { bucket, prefix: value('directory') },
            result: 'left',
          },
        },
        {
          clean_each: {
            for: {
              value: 'item',
              in: value('default(map.get(left, "items"), [])'),
              steps: [
                {
                  clean_delete: {
                    call: `${OBJECTS}.delete`,
                    args: { bucket, object: value('text.url_encode(item.name)') },
                  },
                },
              ],
            },
          },
        },
      ],
    },
    except: { steps: [{ clean_not: { assign: [{ left: {} }] } }] },
  };
}
