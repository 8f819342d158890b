import { ApprovalAlert } from '../../lib/google/approval-alert';
import type { EndpointReference } from '../../lib/google/endpoint-metrics';
import { FailureAlert } from '../../lib/google/failure-alert';
import { ModelAge } from '../../lib/google/model-age';
import { NotificationChannels } from '../../lib/google/notification-channels';
import { PipelineAlarms } from '../../lib/google/pipeline-alarms';
import { PipelineDashboard } from '../../lib/google/pipeline-dashboard';
import { findMachine } from '../../lib/hardware';
import { createStack, PROJECT, resourceOf, resourcesOf } from './endpoint-synth';

const ENDPOINT: EndpointReference = {
  ...{ kind: 'vertex', projectId: PROJECT.id, region: PROJECT.region, endpointId: '1234567890' },
  machine: findMachine('g2-standard-8', 'google'),
};

interface Tile {
  readonly xPos: number;
  readonly yPos: number;
  readonly width: number;
  readonly height: number;
  readonly widget: {
    readonly title: string;
    readonly text?: { readonly content: string };
    readonly xyChart?: { readonly dataSets: readonly { readonly legendTemplate: string }[] };
  };
}

function tilesOf(endpoint: EndpointReference, withAge = false): Tile[] {
  const { stack, store } = createStack();
  const age = withAge ? new ModelAge(stack, 'Age', { project: PROJECT, pipeline: 'spam', store }) : undefined;
  new PipelineDashboard(stack, 'Dashboard', {
    project: PROJECT,
    pipeline: 'spam',
    workflow: 'spam-workflow',
    jobs: { training: { preprocess: 'spam-preprocess' }, conversion: { verify: 'spam-verify' } },
    endpoint,
    modelAge: age?.metric(),
  });
  const { dashboard_json } = resourceOf(stack, 'google_monitoring_dashboard');
  const { mosaicLayout } = JSON.parse(String(dashboard_json)) as { mosaicLayout: { tiles: Tile[] } };
  return mosaicLayout.tiles;
}

test('the dashboard has a row for each stage, in their order', () => {
  const titles = tilesOf(ENDPOINT).flatMap(({ widget }) => (widget.text ? [widget.title] : []));
  expect(titles).toEqual(['Training', 'Optimization', 'Conversion', 'Deployment', 'Monitoring']);
});

test('rows link to runs, jobs, endpoint and log', () => {
  const [training, , conversion, deployment, monitoring] = tilesOf(ENDPOINT).flatMap(({ widget }) =>
    widget.text ? [widget.text.content] : [],
  );
  expect(training).toContain(
    '[Runs](https://console.cloud.google.com/workflows/workflow/europe-west4/spam-workflow/executions?project=my-project)',
  );
  expect(training).toContain(
    '[preprocess](https://console.cloud.google.com/run/jobs/details/europe-west4/spam-preprocess/',
  );
  expect(conversion).toContain('spam-verify');
  expect(deployment).toContain(
    '/online-prediction/locations/europe-west4/endpoints/1234567890?project=my-project',
  );
  expect(monitoring).toContain('https://console.cloud.google.com/logs/query;query=resource.type%3D');
});

test('tiles neither overlap nor leave the 48 columns', () => {
  const tiles = tilesOf(ENDPOINT, true);
  const cells = tiles.flatMap(({ height, width, xPos, yPos }) =>
    Array.from(
      { length: width * height },
      (_, index) => `${xPos + (index % width)}:${yPos + Math.floor(index / width)}`,
    ),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...tiles.map(({ width, xPos }) => xPos + width))).toBeLessThanOrEqual(48);
});

test('the charts follow the endpoint', () => {
  const legends = (endpoint: EndpointReference) =>
    tilesOf(endpoint, true).flatMap(
      ({ widget }) => widget.xyChart?.dataSets.map(({ legendTemplate }) => legendTemplate) ?? [],
    );
  expect(legends(ENDPOINT)).toEqual([
    ...['preprocess', 'verify', 'Runs succeeded', 'Runs failed', 'Replicas', 'Age of the model (days)'],
    ...[
      'Requests a minute',
      'Latency p50 (ms)',
      'Latency p99 (ms)',
      'Answers 5xx of all',
      'Answers 4xx of all',
    ],
    ...['CPU', 'GPU'],
  ]);
  const service = {
    ...{ projectId: PROJECT.id, region: PROJECT.region },
    kind: 'cloud-run',
    serviceName: 'spam',
  } as const;
  expect(legends(service)).not.toContain('GPU');
});

test('runs and jobs that fail and a model that grows old are watched', () => {
  const { stack, store } = createStack();
  const age = new ModelAge(stack, 'Age', { project: PROJECT, pipeline: 'spam', store });
  new PipelineAlarms(stack, 'Alarms', {
    project: PROJECT,
    workflows: { Runs: 'spam-workflow' },
    jobs: { Verify: 'spam-verify' },
    modelAge: { metric: age.metric(), levels: { warning: 30, critical: 60 } },
  });
  const policies = resourcesOf(stack, 'google_monitoring_alert_policy');
  expect(new Set(policies.map(({ display_name }) => display_name))).toEqual(
    new Set([
      'Critical: test Runs',
      'Warning: test Verify',
      'Warning: test ModelAge',
      'Critical: test ModelAge',
    ]),
  );
  const filters = JSON.stringify(policies);
  expect(filters).toContain('workflows.googleapis.com/finished_execution_count');
  expect(filters).toContain('run.googleapis.com/job/completed_execution_count');
  expect(filters).toContain('logging.googleapis.com/user/test-age');
});

test('the age of the model is measured once a day, from when the release was recorded', () => {
  const { stack, store } = createStack();
  const age = new ModelAge(stack, 'Age', { project: PROJECT, pipeline: 'spam', store });
  expect(resourceOf(stack, 'google_cloud_scheduler_job')).toMatchObject({
    schedule: '0 6 * * *',
    http_target: {
      uri: 'https://workflowexecutions.googleapis.com/v1/projects/my-project/locations/europe-west4/workflows/test-age/executions',
    },
  });
  expect(resourceOf(stack, 'google_logging_metric')).toMatchObject({
    value_extractor: 'EXTRACT(jsonPayload.days)',
    filter: expect.stringContaining('resource.labels.workflow_id="test-age"') as string,
  });
  const { source_contents } = resourceOf(stack, 'google_workflows_workflow');
  expect(String(source_contents)).toContain('$${(sys.now() - time.parse(live.updated)) / 86400}');
  expect(Object.keys(age.source)).toEqual(['main']);
});

test('people are asked to approve and told of failures by entries of the log', () => {
  const { stack } = createStack();
  const approvers = new NotificationChannels(stack, 'Team', {
    project: PROJECT,
    recipients: ['a@example.com'],
  });
  const common = { project: PROJECT, pipeline: 'spam', workflow: 'spam-workflow' };
  const { policy } = new ApprovalAlert(stack, 'Approval', { ...common, approvers });
  new FailureAlert(stack, 'Failure', { ...common, channels: approvers });
  const [approval, failure] = [`Approval: spam`, `Failed: spam`].map((name) =>
    resourcesOf(stack, 'google_monitoring_alert_policy').find(({ display_name }) => display_name === name),
  );
  expect(policy.displayNameInput).toBe('Approval: spam');
  expect(approval).toMatchObject({
    alert_strategy: { notification_rate_limit: { period: '300s' } },
    conditions: [
      {
        condition_matched_log: {
          filter:
            'resource.type="workflows.googleapis.com/Workflow" AND resource.labels.workflow_id="spam-workflow"' +
            ' AND jsonPayload.event="approval-requested" AND jsonPayload.pipeline="spam"',
          label_extractors: { approve: 'EXTRACT(jsonPayload.approve)' },
        },
      },
    ],
    documentation: {
      content: expect.stringContaining('approve: `$${log.extracted_label.approve}`') as string,
    },
  });
  expect(failure).toMatchObject({
    severity: 'CRITICAL',
    conditions: [
      { condition_matched_log: { label_extractors: { cause: 'EXTRACT(jsonPayload.failure.message)' } } },
    ],
  });
});
