import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { VertexAiEndpoint } from '@cdktf/provider-google/lib/vertex-ai-endpoint';
import { WorkflowsWorkflow } from '@cdktf/provider-google/lib/workflows-workflow';
import { Stack } from 'aws-cdk-lib/core';
import { App, type TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { ModelPipeline } from '../../../lib/google/model-pipeline';
import { ModelPipelineRules } from '../../../lib/google/rules';
import { minimal } from '../../pipeline/definitions';
import { createStack, PROJECT, SERVER } from '../endpoint-synth';

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'rules-'));
});
afterEach(() => {
  rmSync(outdir, { recursive: true });
});

function create(): { app: App; stack: TerraformStack } {
  const { app, stack } = createStack(outdir);
  ModelPipelineRules.of(stack);
  return { app, stack };
}

const bucket = (scope: Construct) => new StorageBucket(scope, 'Bucket', { name: 'b', location: 'EU' });

test('a stack of this library passes', () => {
  const { app } = create();
  expect(() => {
    app.synth();
  }).not.toThrow();
});

test('an error stops the synthesis, and says where and how to mend it', () => {
  const { app, stack } = create();
  bucket(new Construct(stack, 'Data'));
  expect(() => {
    app.synth();
  }).toThrow(
    'test/Data/Bucket: no key of yours encrypts the objects of the bucket [encryption]\n    fix: Set a key of Cloud KMS.',
  );
});

test('a warning becomes an annotation, and lets the synthesis go on', () => {
  const { app, stack } = create();
  const project = new DataGoogleProject(stack, 'Project', {});
  app.synth();
  const warnings = project.node.metadata.filter(({ type }) => type === '@cdktf/warn');
  expect(warnings.map(({ data }) => String(data))).toEqual([
    'google_project calls out when it is planned [data-source]\n    fix: Pass the value: project, number and region are props.',
  ]);
});

test('what is acknowledged above the construct is not found, and other rules are', () => {
  const { app, stack } = create();
  const data = new Construct(stack, 'Data');
  bucket(data);
  ModelPipelineRules.acknowledge(data, { id: 'encryption', reason: 'Public sample data.' });
  expect(() => {
    app.synth();
  }).toThrow(/^(?!.*\[encryption\])[^]*\[public-access\]/);
});

test('what a workflow asks for is found at the workflow, with its step', () => {
  const { app, stack } = create();
  const body = {
    jobSpec: { serviceAccount: 'a@p', scheduling: { strategy: 'SPOT' }, workerPoolSpecs: [{}] },
  };
  new WorkflowsWorkflow(stack, 'Workflow', {
    name: 'w',
    deletionProtection: true,
    serviceAccount: 'w@p',
    cryptoKeyName: 'key',
    sourceContents: JSON.stringify({
      main: { steps: [{ train: { call: 'run_custom_job', args: { body } } }] },
    }),
  });
  expect(() => {
    app.synth();
  }).toThrow('runs on Spot machines and keeps no checkpoints (step train) [spot-checkpoints]');
});

test('a construct of CloudFormation is found', () => {
  const { app, stack } = create();
  new Stack(stack, 'Cloud');
  expect(() => {
    app.synth();
  }).toThrow('test/Cloud is a construct of CloudFormation [aws-construct]');
});

test('references are left alone', () => {
  const { app, stack } = create();
  const workflow = new WorkflowsWorkflow(stack, 'Workflow', {
    deletionProtection: true,
    serviceAccount: 'w@p',
    cryptoKeyName: 'key',
    sourceContents: 'main: { steps: [] }',
  });
  const endpoint = new VertexAiEndpoint(stack, 'Endpoint', {
    name: workflow.name,
    displayName: 'e',
    location: 'europe-west4',
    encryptionSpec: { kmsKeyName: 'key' },
  });
  ModelPipelineRules.acknowledge(endpoint, { id: 'endpoint-capture', reason: 'No drift is watched here.' });
  app.synth();
  expect(endpoint.node.metadata.filter(({ type }) => type === '@cdktf/warn')).toEqual([]);
});

test('the rules of a stack are registered once', () => {
  const { stack } = create();
  expect(ModelPipelineRules.of(new Construct(stack, 'Inner'))).toBe(ModelPipelineRules.of(stack));
});

test('an acknowledgment names a rule and a reason', () => {
  const { stack } = create();
  expect(() => {
    ModelPipelineRules.acknowledge(stack, { id: 'encrypted', reason: ' ' });
  }).toThrow(
    [
      'acknowledgment at "test": 2 problems',
      '  id: is "encrypted" [rule-unknown]',
      '    fix: Name a rule of docs/reference/google-rules.md.',
      '  reason: is empty [reason-missing]',
      '    fix: Say why it does not hold.',
    ].join('\n'),
  );
});

test('outside a TerraformStack there are no rules', () => {
  expect(() => ModelPipelineRules.of(new App({ outdir }))).toThrow('not-in-a-terraform-stack');
});

test('a whole pipeline passes, with one warning: nobody asked for its requests to be recorded', () => {
  const { app, stack } = create();
  new ModelPipeline(stack, 'Pipeline', {
    definition: { ...minimal, deployment: { endpoint: { machine: {} } } },
    project: PROJECT,
    serverImage: SERVER,
  });
  app.synth();
  const warnings = stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata.filter(({ type }) => type === '@cdktf/warn'));
  expect(warnings.map(({ data }) => /\[([a-z-]+)\]/.exec(String(data))?.[1])).toEqual(['endpoint-capture']);
});
