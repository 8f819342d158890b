import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { IssueError, VerifiedArtifact } from 'cdk-model-pipeline';
import {
  acknowledgeFindings,
  ContainerImage,
  ModelEndpoint,
  ModelPipeline,
  ModelPipelineRules,
  NotificationTopic,
} from 'cdk-model-pipeline/aws';
import { spamFilter } from '../examples/spam-filter/pipeline';

/**
 * Two ways to the same model: the stack `SpamFilterPipeline` makes and releases versions of it, the stack
 * `SpamFilterEndpoint` serves one version, `--context artifact=<version directory>`.
 */
export function createStacks(app: App): void {
  Validations.of(app).addPlugins(new ModelPipelineRules());
  createPipeline(new Stack(app, 'SpamFilterPipeline'));
  const endpoint = new Stack(app, 'SpamFilterEndpoint');
  if (endpoint.bundlingRequired) createEndpoint(endpoint);
  // Not asked for: `cdk deploy SpamFilterPipeline` needs no version yet.
  else app.node.tryRemoveChild(endpoint.node.id);
}

function createPipeline(stack: Stack): void {
  const pipeline = new ModelPipeline(stack, 'SpamFilter', { definition: spamFilter, image: server(stack) });
  acknowledge(pipeline);
}

function createEndpoint(stack: Stack): void {
  const directory = (stack.node.tryGetContext('artifact') as string | undefined) ?? liveVersion();
  const alarms = new NotificationTopic(stack, 'Alarms');
  const endpoint = new ModelEndpoint(stack, 'SpamFilter', {
    artifact: VerifiedArtifact.fromDirectory(directory),
    image: server(stack),
    machine: spamFilter.deployment.endpoint.machine,
    replicas: spamFilter.deployment.endpoint.replicas,
    release: spamFilter.deployment.release,
    performance: spamFilter.monitoring.performance,
    alarmTopic: alarms.topic,
    logEncryptionKey: alarms.encryptionKey,
  });
  acknowledge(endpoint);
}

function acknowledge(construct: Construct): void {
  acknowledgeFindings(construct);
  Validations.of(construct).acknowledge({
    id: 'ModelPipeline::endpoint-capture',
    reason: 'The requests are private messages: none of them is kept.',
  });
}

/** This library's server, built from containers/serving and pushed to a repository of the account. */
function server(stack: Stack): ContainerImage {
  const repository = Repository.fromRepositoryName(stack, 'Server', 'model-pipeline-serving');
  return ContainerImage.fromEcrRepository(repository, '0.1.0');
}

function liveVersion(): string {
  const store = join('.model-pipeline', spamFilter.name);
  const file = join(store, 'releases', 'live.json');
  if (existsSync(file)) {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    return join(store, 'models', version);
  }
  throw new IssueError('SpamFilterEndpoint', [
    {
      code: 'no-live-version',
      path: file,
      message: 'is missing: no version of the model has been released on this machine',
      fix: 'Run `npx model-pipeline run examples/spam-filter`, or name one: --context artifact=<version directory>.',
    },
  ]);
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
