import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import {
  DriftMonitor,
  FeedbackLoop,
  ModelPipeline,
  RequestLog,
  ServiceKey,
  ServingRuntime,
  WorkflowDefinition,
} from '../../lib/google';
import { grantsOf } from '../../lib/google/rehearsal/policies';
import type { StackBody } from '../../lib/google/rehearsal/stack';
import type { Monitoring, PipelineDefinition } from '../../lib/pipeline';
import { createStack, PROJECT, resourceOf, resourcesOf, SERVER } from './endpoint-synth';
import { Terraform, terraformMissing } from './terraform/terraform';

const WATCHED: Partial<Monitoring> = {
  capture: { samplePercent: 10 },
  drift: { everyHours: 12 },
  feedback: { retrainAfterSamples: 500 },
};

function create(
  monitoring: Partial<Monitoring>,
  more: Partial<PipelineDefinition> = {},
  outdir?: string,
  runtime?: ServingRuntime,
) {
  const { app, stack } = createStack(outdir);
  const definition = { ...spamFilter, ...more, monitoring: { ...spamFilter.monitoring, ...monitoring } };
  const pipeline = new ModelPipeline(stack, 'Spam', {
    ...{ definition, project: PROJECT, serverImage: SERVER, runtime },
  });
  return { app, pipeline, stack };
}

let outdir: string;
let made: ReturnType<typeof create>;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'monitored-'));
  made = create(WATCHED, {}, outdir);
  made.app.synth();
});
afterAll(() => {
  rmSync(outdir, { recursive: true });
});

test('a pipeline watches drift and takes feedback where its definition asks for it', () => {
  const { drift, feedback } = made.pipeline;
  expect(drift?.alarms).toHaveLength(2);
  expect(JSON.stringify(feedback?.workflow.source)).toContain('"--at-least","500"');
  const plain = create({}).pipeline;
  expect([plain.drift, plain.feedback]).toEqual([undefined, undefined]);
});

test('its checks are encrypted with its key, and the schedules are those of the definition', () => {
  const workflows = resourcesOf(made.stack, 'google_workflows_workflow');
  const checks = workflows.filter(({ name }) => /-(drift|feedback)$/.test(String(name)));
  const { keyName } = made.pipeline.encryptionKey;
  expect(checks.map(({ crypto_key_name }) => crypto_key_name)).toEqual([keyName, keyName]);
  const schedules = resourcesOf(made.stack, 'google_cloud_scheduler_job').map(({ schedule }) => schedule);
  expect(schedules).toEqual(['every 12 hours', 'every 1 hours']);
});

test('checks that fail are alerts, like runs that fail', () => {
  const failed = resourcesOf(made.stack, 'google_monitoring_alert_policy')
    .map((policy) => JSON.stringify(policy))
    .filter((text) => text.includes('finished_execution_count'));
  const watched = failed.map((text) => /workflow_id = \\"([^\\]+)/.exec(text)?.[1]);
  expect(watched).toEqual(['test-spam', 'test-spam-rollback', 'test-spam-drift', 'test-spam-feedback']);
});

test('the dashboard shows the indices and the samples that wait', () => {
  const { dashboard_json } = resourceOf(made.stack, 'google_monitoring_dashboard');
  const titles = [...String(dashboard_json).matchAll(/"title":"([^"]+)"/g)].map(([, title]) => title);
  expect(titles.slice(-2)).toEqual(['Drift', 'New feedback samples']);
});

test('the first step reads the feedback, and every account reads no more than its own', () => {
  const grants = grantsOf(made.stack.toTerraform() as StackBody);
  const readers = grants
    .filter(({ condition = '' }) => condition.includes('/objects/feedback/spam-filter/'))
    .map(({ member, role }) => [member.replace(/-[0-9a-f]{8}@.*/, ''), role]);
  expect(readers).toEqual([
    ['serviceAccount:test-spam-steps-prepr', 'roles/storage.objectViewer'],
    ['serviceAccount:test-spam-feedback-ac', 'roles/storage.objectViewer'],
  ]);
  const queries = grants.filter(({ role }) => role.startsWith('roles/bigquery.data'));
  expect(queries.map(({ member }) => member.replace(/-[0-9a-f]{8}@.*/, ''))).toEqual([
    'serviceAccount:service-123456789012@gcp-sa-aiplatform.iam.gserviceaccount.com',
    'serviceAccount:test-spam-drift-workf',
  ]);
});

describe('a service of Cloud Run', () => {
  const serverless: Partial<PipelineDefinition> = {
    deployment: { endpoint: { mode: 'serverless', machine: { memoryGiB: 4 } } },
  };
  const template = ({ pipeline }: ReturnType<typeof create>) => JSON.stringify(pipeline.workflow.source);

  test('records what it is asked into the store, in files that are written once', () => {
    const served = create({ ...WATCHED, capture: { samplePercent: 0.5 } }, serverless);
    const text = template(served);
    for (const [name, value] of [
      ['MODEL_PIPELINE_CAPTURE', '/capture/capture'],
      ['MODEL_PIPELINE_CAPTURE_PERCENT', '0.5'],
      ['MODEL_PIPELINE_CAPTURE_BATCH_SECONDS', '60'],
    ])
      expect(text).toContain(JSON.stringify({ name, value }));
    const { bucketName: bucket } = served.pipeline.store;
    expect(text).toContain(JSON.stringify({ name: 'capture', gcs: { bucket, readOnly: false } }));
    expect(text).toContain(JSON.stringify({ name: 'capture', mountPath: '/capture' }));
    const grants = grantsOf(served.stack.toTerraform() as StackBody);
    const accesses = grants
      .filter(({ condition = '' }) => condition.includes('/objects/capture/spam-filter/'))
      .map(({ member, role }) => [member.replace(/-[0-9a-f]{8}@.*/, ''), role]);
    expect(accesses).toEqual([
      ['serviceAccount:test-spam-endpoint-ac', 'roles/storage.objectViewer'],
      ['serviceAccount:test-spam-endpoint-ac', 'roles/storage.objectCreator'],
      ['serviceAccount:test-spam-drift-job-a', 'roles/storage.objectViewer'],
    ]);
    expect(served.pipeline.drift?.alarms).toHaveLength(2);
    expect(resourcesOf(served.stack, 'google_bigquery_dataset')).toEqual([]);
    expect(template(create({}, serverless))).not.toContain('CAPTURE');
  });

  test('of another runtime records nothing, and is refused', () => {
    const runtime = ServingRuntime.container(SERVER, { healthRoute: '/health', predictRoute: '/predict' });
    expect(() => create({ capture: { samplePercent: 10 } }, serverless, undefined, runtime)).toThrow(
      'monitoring.capture: is not carried out: neither Cloud Run nor this runtime records requests [serverless-without]',
    );
  });
});

test('is accepted by terraform', async () => {
  if (await terraformMissing()) return;
  const stack = await Terraform.start(join(outdir, 'stacks', 'test'));
  try {
    await stack.run('init', '-input=false');
    expect(await stack.run('validate')).toMatchObject({ code: 0 });
  } finally {
    await stack.stop();
  }
}, 120_000);

test('alone, both are applied, unchanged afterwards, and destroyed', async () => {
  if (await terraformMissing()) return;
  const alone = join(outdir, 'alone');
  const { app, stack, store } = createStack(alone);
  const requestLog = new RequestLog(stack, 'Requests', { project: PROJECT });
  const key = new ServiceKey(stack, 'Key', { project: PROJECT, agents: ['workflows'] });
  const workflow = new WorkflowDefinition(stack, 'Runs', {
    ...{ project: PROJECT, name: 'spam', description: 'Runs spam', key },
    source: { main: { steps: [{ done: { return: true } }] } },
  });
  const definition = { ...spamFilter, monitoring: { ...spamFilter.monitoring, ...WATCHED } };
  new DriftMonitor(stack, 'Drift', { project: PROJECT, definition, store, requestLog });
  const feedback = { pipeline: 'spam', workflow, serverImage: SERVER };
  new FeedbackLoop(stack, 'Feedback', { project: PROJECT, store, ...feedback });
  app.synth();
  const terraform = await Terraform.start(join(alone, 'stacks', 'test'));
  try {
    await terraform.run('init', '-input=false');
    expect(await terraform.run('apply', '-auto-approve')).toMatchObject({ code: 0 });
    expect((await terraform.run('plan', '-detailed-exitcode')).output).toContain('No changes.');
    expect(await terraform.run('destroy', '-auto-approve')).toMatchObject({ code: 0 });
  } finally {
    await terraform.stop();
  }
}, 120_000);
