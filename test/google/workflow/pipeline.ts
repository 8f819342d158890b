import {
  compile,
  type FunctionStep,
  type JobStep,
  type PipelineDefinition,
  type Plan,
} from '../../../lib/pipeline';
import { execute, type Execution } from '../../../lib/google/rehearsal/interpreter';
import { value } from '../../../lib/google/workflow/expression';
import { Locations } from '../../../lib/google/workflow/locate';
import type { RegisterSettings } from '../../../lib/google/workflow/register-states';
import type { ReleaseSettings } from '../../../lib/google/workflow/release-settings';
import { renderWorkflow } from '../../../lib/google/workflow/render-workflow';
import type { WorkflowSource, WorkflowStep } from '../../../lib/google/workflow/source';
import { RUN_CUSTOM_JOB, RUN_PROGRAM, RUN_TUNING_JOB } from '../../../lib/google/workflow/subworkflows';
import { vertexTarget } from '../../../lib/google/workflow/vertex-endpoint';
import { spamFilter } from '../../../examples/spam-filter/pipeline';
import { FakeCloud } from './fake-cloud';

export const PARENT = 'projects/my-project/locations/europe-west4';
export const BUCKET = 'my-bucket';
export const RUN = 'run-1';

const ENVIRONMENT = {
  GOOGLE_CLOUD_LOCATION: 'europe-west4',
  GOOGLE_CLOUD_PROJECT_NUMBER: '123456789012',
  GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: RUN,
  GOOGLE_CLOUD_WORKFLOW_ID: 'spam',
};

export const register: RegisterSettings = {
  parent: PARENT,
  region: 'europe-west4',
  modelId: 'spam',
  model: {
    displayName: 'spam',
    artifactUri: '${"gs://my-bucket/" + registered.path}',
    containerSpec: { imageUri: 'image' },
    encryptionSpec: { kmsKeyName: 'key' },
    labels: { version: '${registered.version}' },
    versionAliases: ['${"version-" + registered.version}'],
  },
};

export const release: ReleaseSettings = {
  pipeline: 'spam-filter',
  bucketName: BUCKET,
  projectName: 'projects/my-project',
  parent: PARENT,
  region: 'europe-west4',
  endpointId: '1234567890',
  target: vertexTarget({
    endpointName: `${PARENT}/endpoints/1234567890`,
    region: 'europe-west4',
    deployedModel: { model: '${registered.model}', displayName: '${name}', serviceAccount: 'server' },
    contentHash: 'cafe0000',
  }),
  smokeTest: { call: RUN_PROGRAM, args: { name: 'jobs/smoke-test', args: [], timeout: 600 } },
  limits: [
    {
      metric: { title: 'Latency', filter: 'metric.type = "latency"', aligner: 'A', reducer: 'R' },
      most: 250,
    },
  ],
};

/** The plan of a definition, with calls that name their step. */
export function workflowOf(
  definition: PipelineDefinition = spamFilter,
  settings: ReleaseSettings = release,
): {
  readonly plan: Plan;
  readonly source: WorkflowSource;
} {
  const plan = compile(definition);
  const locations = new Locations(plan);
  const program = (step: FunctionStep | JobStep): WorkflowStep => {
    const args = Object.values(locations.inputsOf(step)).map(({ path }) => value(path));
    return { call: RUN_PROGRAM, args: { name: `jobs/${step.id}`, args, timeout: 600 } };
  };
  const calls = plan.steps.flatMap((step): [string, WorkflowStep[]][] => {
    if (step.kind === 'function') return [[step.id, [program(step)]]];
    if (step.kind !== 'job') return [];
    if (step.program !== 'train' && step.program !== 'tune') return [[step.id, [program(step)]]];
    const call = step.program === 'tune' ? RUN_TUNING_JOB : RUN_CUSTOM_JOB;
    const on = [step.machine, ...step.fallbackMachines].map((_, index) => ({
      call,
      args: {
        parent: PARENT,
        region: 'europe-west4',
        body: { displayName: `${step.id}-${index + 1}` },
      },
    }));
    return [[step.id, on]];
  });
  return {
    plan,
    source: renderWorkflow(plan, { locations, calls: new Map(calls), register, release: settings }),
  };
}

export const GOOD = { accuracy: 0.99, precision: 0.98, recall: 0.97, f1: 0.98 };

/** A cloud in which every program has written what it writes. */
export function cloudWith(
  version = 'aaaaaaaaaaaa',
  metrics: object = GOOD,
  quantized: object = GOOD,
): FakeCloud {
  const cloud = new FakeCloud();
  publish(cloud, version);
  cloud.put(`runs/${RUN}/training/evaluate/metrics/metrics.json`, metrics);
  cloud.put(`runs/${RUN}/optimization/evaluate-quantize/metrics/metrics.json`, quantized);
  return cloud;
}

export function publish(cloud: FakeCloud, version: string): void {
  const manifest = { version, files: { 'model.onnx': { sha256: version.repeat(6).slice(0, 64) } } };
  cloud.put(`runs/${RUN}/deployment/register/version/manifest.json`, manifest);
  cloud.put(`models/${version}/manifest.json`, manifest);
}

export function start(source: WorkflowSource, cloud: FakeCloud, argument: unknown = {}): Promise<Execution> {
  return execute(source, { call: cloud.call, argument, environment: ENVIRONMENT });
}

/** Ids of the plan's steps on a path. */
export function stepsOf(path: readonly string[], plan: Plan): string[] {
  const ids = new Map(plan.steps.map(({ id }) => [id.replaceAll('-', '_'), id]));
  return path.flatMap((name) => ids.get(name) ?? []);
}
