/** A store and an endpoint; `--context artifact=<version directory> --context accelerator=<name>`. */
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { App, Stack } from 'aws-cdk-lib/core';
import { type Accelerator, VerifiedArtifact } from 'cdk-model-pipeline';
import { ArtifactStore, ContainerImage, ModelEndpoint, ModelRegistry } from 'cdk-model-pipeline/aws';

const app = new App({ builtinCloudFormationValidation: false });
const context = (name: string) => app.node.tryGetContext(name) as string;

const data = new Stack(app, 'Data');
const store = new ArtifactStore(data, 'Store');
new ModelRegistry(data, 'Registry', { description: 'Versions of the spam filter' });

const serving = new Stack(app, 'Serving');
const repository = Repository.fromRepositoryName(serving, 'Server', 'serving');
new ModelEndpoint(serving, 'SpamFilter', {
  artifact: VerifiedArtifact.fromDirectory(context('artifact')),
  image: ContainerImage.fromEcrRepository(repository, '1.0.0'),
  machine: { accelerator: context('accelerator') as Accelerator },
  capture: { store, samplePercent: 10 },
  performance: { latencyP99Ms: { critical: 100 }, errorPercent: { critical: 1 } },
});
app.synth();
