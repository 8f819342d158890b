import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { type PipelineDefinition, servingRuntime } from '../../pipeline';
import { ContainerImage } from '../container-image';
import { ModelPipeline } from '../model-pipeline';
import type { Project } from '../project';
import { ServingRuntime } from '../serving-runtime';
import type { WorkflowSource } from '../workflow/source';
import type { CloudRunJob } from './connectors';
import { type Grant, grantsOf } from './policies';
import { resolve, type Resource, resourcesOf, type StackBody } from './stack';

export const PROJECT: Project = { id: 'rehearsal-123456', number: '123456789012', region: 'europe-west4' };

/** A workflow of a stack, as a deployment would make it. */
export interface RehearsedWorkflow {
  readonly source: WorkflowSource;
  /** Account that it acts as. */
  readonly account: string;
  readonly name: string;
}

/** What of a pipeline's stack a rehearsal goes by. */
export interface SynthesizedPipeline {
  readonly pipeline: RehearsedWorkflow;
  readonly rollback: RehearsedWorkflow;
  readonly teardown: RehearsedWorkflow;
  readonly bucketName: string;
  /** Where versions are released to: `projects/…/endpoints/<number>`, `projects/…/services/<name>`. */
  readonly endpoint: { readonly kind: 'vertex' | 'cloud-run'; readonly name: string };
  readonly cloudRunJobs: ReadonlyMap<string, CloudRunJob>;
  readonly grants: readonly Grant[];
  /** Names of the objects that the stack puts into the store. */
  readonly objects: readonly string[];
}

/** Synthesises the pipeline of a definition in this process, and reads its stack. */
export function synthesizePipeline(definition: PipelineDefinition): SynthesizedPipeline {
  const outdir = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  try {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, 'rehearsal');
    new GoogleProvider(stack, 'Google', { project: PROJECT.id, region: PROJECT.region });
    const triton = servingRuntime(definition) === 'triton';
    new ModelPipeline(stack, 'Pipeline', {
      definition,
      project: PROJECT,
      serverImage: imageOf('serving'),
      runtime: triton ? ServingRuntime.triton(imageOf('tritonserver')) : undefined,
    });
    app.synth();
    const text = readFileSync(join(outdir, 'stacks', 'rehearsal', 'cdk.tf.json'), 'utf8');
    return read(JSON.parse(text) as StackBody);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function imageOf(image: string): ContainerImage {
  const repository = { project: PROJECT.id, location: PROJECT.region, repository: 'models' };
  return ContainerImage.fromArtifactRegistry({ ...repository, image, tag: 'rehearsal' });
}

function read(stack: StackBody): SynthesizedPipeline {
  const workflows = resourcesOf(stack, 'google_workflows_workflow').map(([, workflow]) => ({
    source: JSON.parse(String(workflow.source_contents).replace(/([$%])\1\{/g, '$1{')) as WorkflowSource,
    account: resolve(stack, workflow.service_account),
    name: String(workflow.name),
  }));
  const ending = (ending: string) => workflows.find(({ name }) => name.endsWith(ending));
  const [rollback, teardown] = [ending('-rollback'), ending('-teardown')];
  const pipeline = workflows.find(({ name }) => `${name}-rollback` === rollback?.name);
  const [bucket] = resourcesOf(stack, 'google_storage_bucket');
  const endpoint = endpointOf(stack);
  if (!pipeline || !rollback || !teardown || !bucket || !endpoint)
    throw new Error('the stack is not that of a pipeline');
  return {
    pipeline,
    rollback,
    teardown,
    bucketName: String(bucket[1].name),
    endpoint,
    cloudRunJobs: cloudRunJobsOf(stack),
    grants: grantsOf(stack),
    objects: resourcesOf(stack, 'google_storage_bucket_object').map(([, object]) => String(object.name)),
  };
}

/** Jobs of Cloud Run, by their full names. */
export function cloudRunJobsOf(stack: StackBody): ReadonlyMap<string, CloudRunJob> {
  return new Map(resourcesOf(stack, 'google_cloud_run_v2_job').map(([, job]) => cloudRunJobOf(stack, job)));
}

function endpointOf(stack: StackBody): SynthesizedPipeline['endpoint'] | undefined {
  const [endpoint] = resourcesOf(stack, 'google_vertex_ai_endpoint');
  if (endpoint) return { kind: 'vertex', name: fullName('endpoints', endpoint[1]) };
  const [service] = resourcesOf(stack, 'google_cloud_run_v2_service');
  return service && { kind: 'cloud-run', name: fullName('services', service[1]) };
}

function fullName(collection: string, { location, name, project }: Resource): string {
  return `projects/${String(project)}/locations/${String(location)}/${collection}/${String(name)}`;
}

function cloudRunJobOf(stack: StackBody, job: Resource): [name: string, CloudRunJob] {
  const { template: task } = job.template as { template: Resource };
  const [container] = task.containers as { command?: string[] }[];
  return [
    fullName('jobs', job),
    { account: resolve(stack, task.service_account), command: container?.command ?? [] },
  ];
}
