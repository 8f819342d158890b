import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { WorkflowsWorkflow } from '@cdktf/provider-google/lib/workflows-workflow';
import { App, TerraformStack } from 'cdktf';
import { Terraform, terraformMissing } from './terraform';

type Change = (bucket: StorageBucket, workflow: WorkflowsWorkflow) => void;

let missing: boolean;
let work: string;

beforeAll(async () => {
  missing = await terraformMissing();
  work = mkdtempSync(join(tmpdir(), 'provider-'));
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

/** Terraform in a stack of a bucket and a workflow that reads its URL, after `change`. */
async function terraform(name: string, change: Change): Promise<Terraform> {
  const app = new App({ outdir: join(work, name) });
  const stack = new TerraformStack(app, 'stack');
  new GoogleProvider(stack, 'google', { project: 'project', region: 'europe-west4' });
  const bucket = new StorageBucket(stack, 'bucket', {
    name: 'bucket',
    location: 'EU',
    versioning: { enabled: true },
  });
  const workflow = new WorkflowsWorkflow(stack, 'workflow', {
    name: 'workflow',
    region: 'europe-west4',
    sourceContents: 'main: {}',
    deletionProtection: false,
    userEnvVars: { BUCKET: bucket.url },
  });
  change(bucket, workflow);
  app.synth();
  const running = await Terraform.start(join(work, name, 'stacks', 'stack'));
  await running.run('init', '-input=false');
  return running;
}

test('a stack is planned, applied, unchanged afterwards, and destroyed', async () => {
  if (missing) return;
  const stack = await terraform('whole', () => undefined);
  try {
    expect(await stack.run('validate')).toMatchObject({ code: 0 });
    expect((await stack.run('apply', '-auto-approve')).output).toContain('Resources: 2 added');
    expect((await stack.run('plan', '-detailed-exitcode')).output).toContain('No changes.');
    expect((await stack.run('destroy', '-auto-approve')).output).toContain('Resources: 2 destroyed');
  } finally {
    await stack.stop();
  }
}, 120_000);

test.each<readonly [string, Change, RegExp]>([
  [
    'an unknown argument',
    (bucket) => {
      bucket.addOverride('retention', 1);
    },
    /Extraneous JSON object property[^]*"retention"/,
  ],
  [
    'a missing argument',
    (bucket) => {
      bucket.location = undefined as never;
    },
    /Missing required argument[^]*"location"/,
  ],
  [
    'an argument of another type',
    (bucket) => {
      bucket.addOverride('force_destroy', 'perhaps');
    },
    /Inappropriate value for attribute "force_destroy": a bool is required/,
  ],
  [
    'a value that is not possible',
    (_, workflow) => {
      workflow.callLogLevel = 'PERHAPS';
    },
    /call_log_level is "PERHAPS", possible values: CALL_LOG_LEVEL_UNSPECIFIED,\s+LOG_ALL_CALLS/,
  ],
  [
    'a reference to nothing',
    (bucket) => {
      bucket.addOverride('name', '${google_storage_bucket.other.name}');
    },
    /Reference to undeclared resource/,
  ],
  [
    'a cycle',
    (bucket) => {
      bucket.addOverride('name', '${google_workflows_workflow.workflow.name}');
    },
    /Cycle: /,
  ],
  [
    'an unknown type of resource',
    (bucket) => {
      bucket.cdktfStack.addOverride('resource.google_storage_bukket.b', { name: 'b' });
    },
    /Invalid resource type/,
  ],
  [
    'a block too many',
    (bucket) => {
      bucket.addOverride('versioning', [{ enabled: true }, { enabled: true }]);
    },
    /Too many versioning blocks/,
  ],
])(
  '%s is found',
  async (name, change, message) => {
    if (missing) return;
    const stack = await terraform(name.replaceAll(' ', '-'), change);
    try {
      const { code, output } = await stack.run('validate');
      expect(output).toMatch(message);
      expect(code).toBe(1);
    } finally {
      await stack.stop();
    }
  },
  60_000,
);
