import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApprovalAlert } from '../../../lib/google/approval-alert';
import { CloudRunEndpoint } from '../../../lib/google/cloud-run-endpoint';
import { ContainerRegistry } from '../../../lib/google/container-registry';
import { FailureAlert } from '../../../lib/google/failure-alert';
import { ModelAge } from '../../../lib/google/model-age';
import { ModelEndpoint } from '../../../lib/google/model-endpoint';
import { ModelRegistry } from '../../../lib/google/model-registry';
import { NotificationChannels } from '../../../lib/google/notification-channels';
import { PipelineAlarms } from '../../../lib/google/pipeline-alarms';
import { PipelineDashboard } from '../../../lib/google/pipeline-dashboard';
import { ModelPipelineRules } from '../../../lib/google/rules';
import { ServingRuntime } from '../../../lib/google/serving-runtime';
import { ARTIFACT, createStack, PERFORMANCE, PROJECT } from '../endpoint-synth';
import { Terraform, terraformMissing } from './terraform';

const APP = 'serviceAccount:app@my-project.iam.gserviceaccount.com';
const NETWORK = {
  network: 'projects/123456789012/global/networks/net',
  subnetwork: 'projects/my-project/regions/europe-west4/subnetworks/sub',
};

/** Everything that serves and watches, at once, under the rules. */
function synthesize(outdir: string): void {
  const { app, stack, store } = createStack(outdir);
  ModelPipelineRules.of(stack);
  const team = new NotificationChannels(stack, 'Team', { project: PROJECT, recipients: ['a@example.com'] });
  const actions = { warning: team, critical: team };
  const images = new ContainerRegistry(stack, 'Images', { project: PROJECT });
  images.grantPush('Build', APP);
  const server = images.image('serving', '1.0.0');
  const endpoint = new ModelEndpoint(stack, 'Endpoint', {
    project: PROJECT,
    store,
    runtime: ServingRuntime.onnx(server),
    machine: { accelerator: 'l4' },
    replicas: { min: 1, max: 4, gpuPercent: 70 },
    performance: {
      ...PERFORMANCE,
      latencyP50Ms: { warning: 40 },
      overheadP99Ms: { warning: 20 },
      clientErrorPercent: { warning: 20 },
      silenceMinutes: { warning: 60 },
    },
    resources: {
      cpuPercent: { warning: 90 },
      memoryPercent: { warning: 90 },
      gpuPercent: { warning: 95 },
      gpuMemoryPercent: { critical: 95 },
    },
    capture: { samplePercent: 20 },
    actions,
  });
  endpoint.grantInvoke('App', APP);
  endpoint.grantRelease('Runner', APP);
  endpoint.requestLog?.grantRead('App', APP);
  for (const [id, access] of [
    ['Private', { kind: 'private-service-connect', projects: ['consumer'] }],
    ['Peered', { kind: 'peering', network: NETWORK.network }],
    ['Shared', { kind: 'shared' }],
  ] as const) {
    const runtime = ServingRuntime.triton(server);
    new ModelEndpoint(stack, id, { project: PROJECT, store, runtime, access, performance: PERFORMANCE });
  }
  const service = new CloudRunEndpoint(stack, 'Service', {
    project: PROJECT,
    store,
    artifact: ARTIFACT,
    runtime: ServingRuntime.onnx(server, { executionProvider: 'cuda' }),
    machine: { accelerator: 'l4' },
    keep: { revision: 'test-service-0123abcd', percent: 90 },
    network: NETWORK,
    performance: PERFORMANCE,
    deletionProtection: false,
    actions,
  });
  service.grantInvoke('App', APP);
  const registry = new ModelRegistry(stack, 'Registry', { project: PROJECT, modelId: 'spam-filter' });
  registry.grantRegister('Runner', APP);
  registry.grantRead('Reader', APP);
  const age = new ModelAge(stack, 'Age', { project: PROJECT, pipeline: 'spam-filter', store });
  const pipeline = { project: PROJECT, pipeline: 'spam-filter', workflow: 'spam-filter' };
  new PipelineAlarms(stack, 'Alarms', {
    project: PROJECT,
    workflows: { Runs: 'spam-filter' },
    jobs: { Verify: 'spam-filter-verify' },
    modelAge: { metric: age.metric(), levels: { warning: 30 } },
    actions,
  });
  new PipelineDashboard(stack, 'Dashboard', {
    ...pipeline,
    jobs: { conversion: { verify: 'spam-filter-verify' } },
    endpoint: endpoint.reference,
    modelAge: age.metric(),
  });
  new ApprovalAlert(stack, 'Approval', { ...pipeline, approvers: team });
  new FailureAlert(stack, 'Failure', { ...pipeline, channels: team });
  app.synth();
}

test('endpoints, registry and monitoring are planned, applied, unchanged afterwards, and destroyed', async () => {
  if (await terraformMissing()) return;
  const work = mkdtempSync(join(tmpdir(), 'endpoints-'));
  synthesize(work);
  const stack = await Terraform.start(join(work, 'stacks', 'test'));
  try {
    await stack.run('init', '-input=false');
    expect(await stack.run('validate')).toMatchObject({
      code: 0,
      output: expect.not.stringContaining('Warning') as string,
    });
    expect(await stack.run('apply', '-auto-approve')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Apply complete!') as string,
    });
    expect((await stack.run('plan', '-detailed-exitcode')).output).toContain('No changes.');
    expect((await stack.run('destroy', '-auto-approve')).output).toContain('Destroy complete!');
  } finally {
    await stack.stop();
    rmSync(work, { recursive: true });
  }
}, 120_000);
