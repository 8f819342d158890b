import { App, LocalBackend, TerraformStack } from 'cdktf';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { IssueError } from 'cdk-model-pipeline';
import {
  ContainerRegistry,
  ModelPipeline,
  ModelPipelineRules,
  type Project,
} from 'cdk-model-pipeline/google';
import { spamFilter } from '../examples/spam-filter/pipeline';

const PROJECT: Project = { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' };

/**
 * The path of the model of bin/app.ts, on Google Cloud: the same definition, the same steps. Put your
 * project in, build containers/serving, and push it to the repository before the first run.
 */
export function createStacks(app: App, project: Project = PROJECT): void {
  const stack = new TerraformStack(app, 'SpamFilterPipeline');
  new GoogleProvider(stack, 'Google', { project: project.id, region: project.region });
  // Keep the state in a bucket (GcsBackend) where more than one person deploys.
  new LocalBackend(stack, { path: 'terraform.tfstate' });
  ModelPipelineRules.of(stack);
  const images = new ContainerRegistry(stack, 'Images', { project });
  const pipeline = new ModelPipeline(stack, 'SpamFilter', {
    definition: spamFilter,
    project,
    serverImage: images.image('serving', '0.1.0'),
  });
  ModelPipelineRules.acknowledge(pipeline, {
    id: 'endpoint-capture',
    reason: 'The requests are private messages: none of them is kept.',
  });
}

if (require.main === module) {
  try {
    const app = new App();
    createStacks(app);
    app.synth();
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
