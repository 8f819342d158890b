import type { IArtifactStore } from './artifact-store';
import { literal, value } from './workflow/expression';
import { LIVE_PATH } from './workflow/live-states';
import { unless } from './workflow/lock-states';
import type { Steps, WorkflowSource, WorkflowStep } from './workflow/source';
import { READ_JSON, readJson, RUN_PROGRAM, runProgram } from './workflow/subworkflows';

export interface FeedbackWorkflowSettings {
  readonly pipeline: string;
  readonly store: IArtifactStore;
  /** `projects/…/workflows/<name>` of the workflow that is started. */
  readonly workflowName: string;
  /** Takes what is known of each start; ends with `/`. */
  readonly starts: string;
  /** Counts samples newer than `since`, and writes `<directory>feedback.json` where there are enough. */
  readonly count: WorkflowStep;
}

/** Field `event` of the log entry of a start. */
const STARTED = 'retraining-started';

const EXECUTIONS = 'googleapis.workflowexecutions.v1.projects.locations.workflows.executions';
const OBJECTS = 'googleapis.storage.v1.objects';

/**
 * When did the newest run begin? → the samples since then → a run, where there are enough. It looks at what is
 * there, so that a look that comes twice, late or never changes nothing.
 */
export function renderFeedbackWorkflow(settings: FeedbackWorkflowSettings): WorkflowSource {
  const { count, pipeline, starts, store, workflowName } = settings;
  const bucket = store.bucketName;
  return {
    main: {
      steps: [
        { begin: { assign: [{ after: '' }, { since: '' }, { live: null }, { found: null }] } },
        ...sinceStates(workflowName, bucket),
        { directory: { assign: [{ directory: value(`${literal(starts)} + after + "/"`) }] } },
        { count },
        {
          enough: {
            try: {
              call: READ_JSON,
              args: { path: value('directory + "feedback.json"') },
              result: 'found',
            },
            except: unless('enough', [404], 'too_few'),
          },
        },
        ...startStates(workflowName, bucket),
        {
          started: {
            call: 'sys.log',
            args: {
              severity: 'INFO',
              json: { event: STARTED, pipeline, newSamples: value('found.newSamples') },
            },
          },
        },
        { done: { return: 'started' } },
        { too_few: { return: 'too few samples' } },
        { active: { return: 'a run is active' } },
        { nothing_live: { return: 'no version is live' } },
        { already: { return: 'started by an earlier look' } },
      ],
    },
    [READ_JSON]: readJson(bucket),
    [RUN_PROGRAM]: runProgram(),
  };
}

/** Every run reads all feedback when it starts. Runs are forgotten after 90 days, releases never. */
function sinceStates(workflowName: string, bucket: string): Steps {
  return [
    {
      newest: {
        call: `${EXECUTIONS}.list`,
        args: { parent: workflowName, pageSize: 1 },
        result: 'listed',
      },
    },
    { runs: { assign: [{ runs: value('default(map.get(listed, "executions"), [])') }] } },
    {
      any_run: {
        switch: [
          { condition: value('len(runs) == 0'), next: 'released' },
          { condition: value('runs[0].state in ["ACTIVE", "QUEUED"]'), next: 'active' },
        ],
      },
    },
    {
      since_run: {
        assign: [{ since: value('runs[0].startTime') }, { after: value('text.split(runs[0].name, "/")[7]') }],
        next: 'directory',
      },
    },
    {
      released: {
        try: {
          call: `${OBJECTS}.get`,
          args: { bucket, object: encodeURIComponent(LIVE_PATH) },
          result: 'live',
        },
        except: unless('released', [404], 'nothing_live'),
      },
    },
    {
      since_release: {
        assign: [{ since: value('live.updated') }, { after: value('"release-" + live.generation') }],
      },
    },
  ];
}

/** Of looks that saw the same newest run one starts a run: the one that writes the object. */
function startStates(parent: string, bucket: string): Steps {
  return [
    {
      claim: {
        try: {
          call: `${OBJECTS}.insert`,
          args: {
            bucket,
            name: value('directory + "started.json"'),
            ifGenerationMatch: '0',
            uploadType: 'media',
            body: value('found'),
          },
        },
        except: unless('claim', [412], 'already'),
      },
    },
    {
      start: {
        try: { call: `${EXECUTIONS}.create`, args: { parent, body: { argument: '{}' } } },
        except: {
          as: 'e',
          steps: [
            {
              unclaim: {
                call: `${OBJECTS}.delete`,
                args: { bucket, object: value('text.url_encode(directory + "started.json")') },
              },
            },
            { not_started: { raise: value('e') } },
          ],
        },
      },
    },
  ];
}
