import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { ContainerImage, ModelPipeline, type Project } from '../../lib/google';
import type { WorkflowSource } from '../../lib/google/workflow/source';
import type { PipelineDefinition } from '../../lib/pipeline';

const project: Project = { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' };
const serverImage = ContainerImage.fromArtifactRegistry({
  project: project.id,
  location: project.region,
  repository: 'images',
  image: 'serving',
  tag: '0.1.0',
});

/** The workflow that a pipeline of this definition deploys. */
export function workflowOf(definition: PipelineDefinition): WorkflowSource {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdktf.out-')) });
  const stack = new TerraformStack(app, 'Test');
  return new ModelPipeline(stack, 'Pipeline', { definition, project, serverImage }).workflow.source;
}
