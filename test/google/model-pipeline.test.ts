import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib/core';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { createStacks } from '../../bin/google';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ContainerRegistry, ModelPipeline, type ModelPipelineProps } from '../../lib/google';
import { execute } from '../../lib/google/rehearsal/interpreter';
import { RequestTypes } from '../../lib/google/rehearsal/request-check';
import type { WorkflowSource, WorkflowStep } from '../../lib/google/workflow/source';
import { definePipeline, type PipelineDefinition } from '../../lib/pipeline';
import { expectedSteps } from '../../lib/rehearsal/scenarios';
import { cloudWith, stepsOf } from './workflow/pipeline';
import { Terraform, terraformMissing } from './terraform/terraform';

const PROJECT = { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' };

type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'google-pipeline-'));
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

function stackIn(directory: string): { readonly app: App; readonly stack: TerraformStack } {
  const app = new App({ outdir: join(work, directory) });
  const stack = new TerraformStack(app, 'Pipelines');
  new GoogleProvider(stack, 'Google', { project: PROJECT.id, region: PROJECT.region });
  return { app, stack };
}

function create(stack: TerraformStack, props: Partial<ModelPipelineProps> = {}): ModelPipeline {
  const images = new ContainerRegistry(stack, 'Images', { project: PROJECT });
  return new ModelPipeline(stack, 'Spam', {
    definition: spamFilter,
    project: PROJECT,
    serverImage: images.image('serving', '0.1.0'),
    ...props,
  });
}

function synth(directory: string, props: Partial<ModelPipelineProps> = {}): Resources {
  const { app, stack } = stackIn(directory);
  create(stack, props);
  app.synth();
  return resourcesOf(join(work, directory), 'Pipelines');
}

function resourcesOf(outdir: string, stack: string): Resources {
  const file = join(outdir, 'stacks', stack, 'cdk.tf.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { resource: Resources }).resource;
}

const all = (resources: Resources, type: string) => Object.values(resources[type] ?? {});

function refusal(props: Partial<ModelPipelineProps>): string {
  try {
    create(stackIn('refused').stack, props);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was wrong';
}

const changed = (change: Partial<PipelineDefinition>) => definePipeline({ ...spamFilter, ...change });

describe('the example', () => {
  let outputs: readonly string[];
  beforeAll(() => {
    outputs = ['first', 'second'].map((name) => {
      const outdir = join(work, name);
      const app = new App({ outdir });
      createStacks(app);
      app.synth();
      return outdir;
    });
  });

  test('is the same at every synth, byte for byte', () => {
    const [first, second] = outputs.map((outdir) =>
      readdirSync(outdir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((file) => [file.slice(outdir.length), readFileSync(file).toString('base64')]),
    );
    expect(first?.length).toBeGreaterThan(3);
    expect(second).toEqual(first);
  });

  test('is accepted by terraform, applied, unchanged afterwards, and destroyed', async () => {
    if (await terraformMissing()) return;
    const stack = await Terraform.start(join(outputs[0] ?? '', 'stacks', 'SpamFilterPipeline'));
    try {
      await stack.run('init', '-input=false');
      expect(await stack.run('validate')).toMatchObject({ code: 0 });
      expect(await stack.run('apply', '-auto-approve')).toMatchObject({ code: 0 });
      expect((await stack.run('plan', '-detailed-exitcode')).output).toContain('No changes.');
      expect(await stack.run('destroy', '-auto-approve')).toMatchObject({ code: 0 });
    } finally {
      await stack.stop();
    }
  }, 120_000);
});

describe('the workflow', () => {
  let resources: Resources;
  let pipeline: ModelPipeline;
  beforeAll(() => {
    const { app, stack } = stackIn('workflow');
    pipeline = create(stack);
    app.synth();
    resources = resourcesOf(join(work, 'workflow'), 'Pipelines');
  });

  test('is encrypted, can be destroyed, logs errors, and acts as an account of its own', () => {
    const workflows = all(resources, 'google_workflows_workflow');
    expect(workflows.map(({ name }) => name)).toEqual([
      'pipelines-spam-rollback',
      'pipelines-spam-teardown',
      'pipelines-spam',
    ]);
    expect(new Set(workflows.map(({ service_account: account }) => account)).size).toBe(3);
    for (const workflow of workflows) {
      expect(workflow).toMatchObject({
        deletion_protection: false,
        call_log_level: 'LOG_ERRORS_ONLY',
        crypto_key_name: pipeline.encryptionKey.keyName,
      });
    }
  });

  test('has a source that Terraform takes for plain text, and that runs the plan', async () => {
    const text = String(
      all(resources, 'google_workflows_workflow').find(({ name }) => name === 'pipelines-spam')
        ?.source_contents,
    );
    expect(text).not.toMatch(/(?<!\$)\$\{|TfToken/);
    const source = JSON.parse(text.replaceAll('$${', () => '${')) as WorkflowSource;
    expect(source).toEqual(pipeline.workflow.source);
    const cloud = cloudWith();
    const { error, path } = await execute(source, {
      call: cloud.call,
      environment: {
        GOOGLE_CLOUD_LOCATION: PROJECT.region,
        GOOGLE_CLOUD_PROJECT_NUMBER: PROJECT.number,
        GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: 'run-1',
        GOOGLE_CLOUD_WORKFLOW_ID: 'pipelines-spam',
      },
    });
    expect(error).toBeUndefined();
    expect(stepsOf(path, pipeline.plan)).toEqual(expectedSteps(pipeline.plan));
    expect(cloud.deployed).toHaveLength(1);
  });

  test('sends Vertex AI bodies that it takes', () => {
    const types = RequestTypes.of('@google-cloud/aiplatform');
    const bodyOf = (subworkflow: string, step: string) => {
      const steps = Object.assign({}, ...(pipeline.workflow.source[subworkflow]?.steps ?? [])) as Record<
        string,
        WorkflowStep
      >;
      return (steps[step]?.args as { body: object }).body;
    };
    const v1 = 'google.cloud.aiplatform.v1';
    expect(types.check(`${v1}.UploadModelRequest`, bodyOf('upload_model', 'upload_first'))).toEqual([]);
    expect(types.check(`${v1}.UploadModelRequest`, bodyOf('upload_model', 'upload_next'))).toEqual([]);
    expect(types.check(`${v1}.DeployModelRequest`, bodyOf('endpoint_deploy', 'deploy_model'))).toEqual([]);
  });

  test('may do what its source does, by no basic role, and waits for the accounts of its policies', () => {
    const members = Object.entries(resources)
      .filter(([type]) => type.endsWith('_iam_member'))
      .flatMap(([, found]) => Object.values(found));
    const roles = members.map(({ role }) => String(role));
    expect(roles.filter((role) => /^roles\/(owner|editor|viewer)$|\.admin$/.test(role))).toEqual([]);
    expect(Object.keys(resources).filter((type) => /_iam_(policy|binding)$/.test(type))).toEqual([]);
    const own = members.filter(({ member }) => member === pipeline.workflow.account.member);
    expect([...new Set(own.map(({ role }) => role))].sort()).toEqual([
      expect.stringContaining('google_project_iam_custom_role'),
      'roles/aiplatform.user',
      'roles/iam.serviceAccountUser',
      'roles/logging.logWriter',
      'roles/monitoring.viewer',
      'roles/run.jobsExecutorWithOverrides',
      'roles/storage.objectUser',
      'roles/storage.objectViewer',
      'roles/workflows.viewer',
    ]);
    for (const { depends_on: needs } of own) {
      expect(needs).toEqual(expect.arrayContaining([expect.stringContaining('google_service_account.')]));
    }
  });
});

test('people are asked for approval by an alert on the log', () => {
  const approval = { approvers: ['reviewer@example.com'] };
  const definition = changed({ deployment: { ...spamFilter.deployment, approval } });
  const policies = all(synth('approval', { definition }), 'google_monitoring_alert_policy');
  expect(policies.map(({ display_name: name }) => name)).toContain('Approval: spam-filter');
});

test('runs start by the clock and by new data', () => {
  const starts = { schedule: '0 3 * * 1', newData: { object: '_READY' } };
  const resources = synth('starts', { starts });
  expect(all(resources, 'google_cloud_scheduler_job')).toEqual([
    expect.objectContaining({
      schedule: '0 3 * * 1',
      time_zone: 'Etc/UTC',
      http_target: expect.objectContaining({
        uri: 'https://workflowexecutions.googleapis.com/v1/projects/my-project-123456/locations/europe-west4/workflows/pipelines-spam/executions',
      }) as unknown,
    }),
  ]);
  expect(all(resources, 'google_storage_notification')).toEqual([
    expect.objectContaining({ object_name_prefix: 'datasets/spam-filter/_READY' }),
  ]);
  expect(all(resources, 'google_eventarc_trigger')).toHaveLength(1);
});

test('nothing starts by itself where nothing is asked for', () => {
  const resources = synth('by-hand');
  for (const type of ['google_cloud_scheduler_job', 'google_eventarc_trigger', 'google_pubsub_topic']) {
    expect(all(resources, type)).toEqual([]);
  }
});

test('everything that is wrong is told at once', () => {
  const definition = changed({
    training: { ...spamFilter.training, train: { machine: { accelerator: 'a10g' }, warmPoolMinutes: 10 } },
  });
  const project = { ...PROJECT, number: 'x' };
  const message = refusal({ definition, project, starts: { schedule: 'daily', newData: { object: '/x' } } });
  expect(message).toContain('definition "spam-filter" on Google Cloud: 5 problems');
  for (const path of [
    'training.train.warmPoolMinutes',
    'training.train.machine',
    'project.number',
    'starts.schedule',
    'starts.newData.object',
  ]) {
    expect(message).toContain(`  ${path}: `);
  }
});

test('a pipeline in a stack of CloudFormation is refused', () => {
  const stack = new Stack() as unknown as TerraformStack;
  expect(() => create(stack)).toThrow('outside a TerraformStack');
});

test('a serverless endpoint is a service of Cloud Run whose revisions Terraform leaves alone', async () => {
  const { app, stack } = stackIn('serverless');
  const machine = { accelerator: 'l4', memoryGiB: 16 } as const;
  const endpoint = { mode: 'serverless', machine, replicas: { max: 3 } } as const;
  const pipeline = create(stack, { definition: changed({ deployment: { endpoint } }) });
  app.synth();
  const resources = resourcesOf(join(work, 'serverless'), 'Pipelines');
  expect(all(resources, 'google_vertex_ai_endpoint')).toEqual([]);
  expect(all(resources, 'google_cloud_run_v2_service')).toEqual([
    expect.objectContaining({
      lifecycle: { ignore_changes: ['client', 'client_version', 'labels', 'template', 'traffic'] },
      custom_audiences: ['https://candidate---pipelines-spam-endpoint-123456789012.europe-west4.run.app'],
    }),
  ]);
  const { steps } = pipeline.workflow.source.endpoint_deploy ?? {};
  const body = (steps?.[0]?.deploy_revision?.args as { body: object }).body;
  expect(RequestTypes.of('@google-cloud/run').check('google.cloud.run.v2.Service', body)).toEqual([]);
  if (await terraformMissing()) return;
  const terraform = await Terraform.start(join(work, 'serverless', 'stacks', 'Pipelines'));
  try {
    await terraform.run('init', '-input=false');
    expect(await terraform.run('validate')).toMatchObject({ code: 0 });
  } finally {
    await terraform.stop();
  }
}, 60_000);

test('a machine that Cloud Run has not is refused for a serverless endpoint', () => {
  const endpoint = { mode: 'serverless', machine: { accelerator: 'a100' }, replicas: { max: 3 } } as const;
  expect(refusal({ definition: changed({ deployment: { endpoint } }) })).toContain(
    'deployment.endpoint.machine: asks for 1 × a100 and 8 GiB; an instance of Cloud Run has at most 32 GiB and one l4',
  );
});
