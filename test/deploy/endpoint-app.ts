/** One endpoint; `--context artifact=<version directory> --context accelerator=<name>`. */
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { App, Stack } from 'aws-cdk-lib/core';
import { type Accelerator, VerifiedArtifact } from 'cdk-model-pipeline';
import { ContainerImage, ModelEndpoint } from 'cdk-model-pipeline/aws';

const app = new App();
const stack = new Stack(app, 'Endpoint');
const context = (name: string) => app.node.tryGetContext(name) as string;
new ModelEndpoint(stack, 'SpamFilter', {
  artifact: VerifiedArtifact.fromDirectory(context('artifact')),
  image: ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, 'Server', 'serving'), '1.0.0'),
  machine: { accelerator: context('accelerator') as Accelerator },
  performance: { latencyP99Ms: { critical: 100 }, errorPercent: { critical: 1 } },
});
app.synth();
