import type { TerraformStack } from 'cdktf';
import { Connectors, type ConnectorsProps, type StartedJob } from '../../lib/google/rehearsal/connectors';
import type { FakeStore, Guard } from '../../lib/google/rehearsal/fake-store';
import { FakeVertex } from '../../lib/google/rehearsal/fake-vertex';
import { execute, type Execution } from '../../lib/google/rehearsal/interpreter';
import { Authorizer, grantsOf } from '../../lib/google/rehearsal/policies';
import { RequestTypes } from '../../lib/google/rehearsal/request-check';
import type { StackBody } from '../../lib/google/rehearsal/stack';
import { cloudRunJobsOf } from '../../lib/google/rehearsal/synthesize';
import { WorkflowError } from '../../lib/google/rehearsal/workflow-error';
import type { WorkflowDefinition } from '../../lib/google';
import { PROJECT } from './endpoint-synth';

const run = RequestTypes.of('@google-cloud/run');

export interface RunOptions extends Pick<ConnectorsProps, 'bigquery'> {
  readonly stack: TerraformStack;
  readonly workflow: WorkflowDefinition;
  readonly store: FakeStore;
  /** Carries a job out, whose accesses `guard` judges. */
  readonly runJob: (job: StartedJob, guard: Guard) => Promise<void>;
  readonly loses?: (job: StartedJob) => 'machine-taken' | undefined;
  /** Executions of workflows, by their parent, the newest first. */
  readonly runs?: ReadonlyMap<string, object[]>;
  /** Fails the call of this name, once. */
  readonly failing?: string;
}

export interface RunResult extends Execution {
  readonly log: readonly unknown[];
  readonly denied: readonly string[];
  /** Memberships of the stack that nothing needed. */
  readonly unused: readonly string[];
  readonly connectors: Connectors;
}

/** Runs one workflow of a stack, held to the definitions of what it calls and to the stack's memberships. */
export async function runWorkflow(options: RunOptions): Promise<RunResult> {
  const { bigquery, failing, loses = () => undefined, runJob, runs, store, workflow } = options;
  const stack = options.stack.toTerraform() as StackBody;
  const authorizer = new Authorizer(grantsOf(stack), new Set());
  const connectors: Connectors = new Connectors({
    ...{ store, authorizer, bigquery, loses },
    vertex: new FakeVertex('projects/p/locations/l/endpoints/1'),
    account: workflow.account.email,
    projectName: `projects/${PROJECT.id}`,
    cloudRunJobs: cloudRunJobsOf(stack),
    runJob: (job) => runJob(job, connectors.guardOf(job.account)),
    types: { aiplatform: run, run },
    runTrials: () => Promise.resolve([]),
    load: () => undefined,
    answer: () => undefined,
  });
  for (const [parent, executions] of runs ?? []) connectors.runs.set(parent, executions);
  let failed = false;
  const execution = await execute(workflow.source, {
    environment: { GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: 'check-1' },
    call: (name, args, step) => {
      if (name.endsWith(failing ?? ' ') && !failed) {
        failed = true;
        throw WorkflowError.http(500, `${name} failed`);
      }
      return connectors.call(name, args, step);
    },
  });
  const log = connectors.log.map((entry) => (entry.startsWith('{') ? (JSON.parse(entry) as unknown) : entry));
  return { ...execution, log, denied: authorizer.denied, unused: authorizer.unused(), connectors };
}
