import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CfnEndpointConfig, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { App, Stack, Stage, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ModelPipelineRules } from '../../../lib/aws';

function createApp(): { app: App; stack: Stack } {
  const outdir = mkdtempSync(join(tmpdir(), 'cdk.out-'));
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new ModelPipelineRules());
  return { app, stack: new Stack(app, 'Test') };
}

interface Report {
  readonly conclusion: string;
  readonly violations: readonly { readonly ruleName: string }[];
  readonly suppressedViolations?: readonly object[];
}

/** What the synthesis says: a failure's message, or what is printed. */
function synth(app: App): { failed: boolean; text: string; report: Report } {
  const print = jest.spyOn(console, 'error').mockImplementation();
  let failure: Error | undefined;
  try {
    app.synth();
  } catch (error) {
    failure = error as Error;
  }
  const text = failure?.message ?? print.mock.calls.flat().join('\n');
  print.mockRestore();
  const file = readFileSync(join(app.outdir, 'validation-report.json'), 'utf8');
  const [report] = (JSON.parse(file) as { pluginReports: Report[] }).pluginReports;
  if (!report) throw new Error('no plugin has reported');
  return { failed: failure !== undefined, text, report };
}

test('an error stops the synthesis, and says where and how to mend it', () => {
  const { app, stack } = createApp();
  new Topic(stack, 'Topic');
  const { failed, text } = synth(app);
  expect(failed).toBe(true);
  expect(text).toContain(`ERROR no KMS key encrypts the messages of the topic (ModelPipeline)
   Test/Topic/Resource (TopicBFC7AF6E) aws-cdk-lib.aws_sns.CfnTopic
   Suggested fix: Set a KMS key.
   Acknowledge with 'ModelPipeline::encryption'`);
});

test('a warning is shown, and lets the synthesis go on', () => {
  const { app, stack } = createApp();
  new CfnModel(stack, 'Model', { modelName: 'spam' });
  const { failed, text } = synth(app);
  expect(failed).toBe(false);
  expect(text).toContain('ModelName is fixed: the next change cannot be deployed');
});

test('what is acknowledged above the construct is not reported, and its reason is kept', () => {
  const { app, stack } = createApp();
  const scope = new Construct(stack, 'Scope');
  new Topic(scope, 'Topic');
  Validations.of(scope).acknowledge({ id: 'ModelPipeline::encryption', reason: 'Nothing secret.' });
  const { failed, report } = synth(app);
  expect(failed).toBe(false);
  expect(report.violations).toEqual([]);
  expect(JSON.stringify(report.suppressedViolations)).toContain('Nothing secret.');
});

test('the same finding in two places is one, with both', () => {
  const { app, stack } = createApp();
  new Topic(stack, 'One');
  new Topic(stack, 'Two');
  const { report } = synth(app);
  expect(report.violations.map(({ ruleName }) => ruleName)).toEqual(['encryption']);
});

test('stacks of a stage are checked', () => {
  const { app } = createApp();
  const stage = new Stage(app, 'Production');
  const stack = new Stack(stage, 'Stack');
  new Topic(stack, 'Topic');
  expect(synth(app).text).toContain('Production/Stack/Topic/Resource');
});

test('a construct of Terraform in a stack is found', () => {
  const { app, stack } = createApp();
  const terraform = new Construct(stack, 'Terraform');
  Object.defineProperty(terraform, Symbol.for('cdktf/TerraformStack'), { value: true });
  expect(synth(app).text).toContain('Test/Terraform is a construct of Terraform');
});

test('references lead from a configuration to its model', () => {
  const { app, stack } = createApp();
  const model = new CfnModel(stack, 'Model', {});
  model.addMetadata('cdk-model-pipeline:bytes', 20 * 2 ** 30);
  new CfnEndpointConfig(stack, 'Config', {
    productionVariants: [
      {
        variantName: 'live',
        modelName: model.attrModelName,
        instanceType: 'ml.g4dn.xlarge',
        initialInstanceCount: 1,
        initialVariantWeight: 1,
      },
    ],
  });
  expect(synth(app).text).toContain('each t4 of ml.g4dn.xlarge has 14 GiB');
});
