import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App, Stack } from 'aws-cdk-lib/core';
import { createStacks } from '../../bin/app';
import { matching, thrownBy } from './matchers';
import { renderTemplate } from './render-template';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const ROOT = join(__dirname, '..', '..');
const { context: settings } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: object };

/** @param validated whether a synth runs CDK's own checks, which take most of its time */
function createApp(context: object = {}, validated = false): App {
  const app = new App({
    builtinCloudFormationValidation: validated,
    outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')),
    context: { ...settings, artifact: join(ROOT, 'test/fixtures/versions/spam-filter'), ...context },
  });
  createStacks(app);
  return app;
}

function templateOf(app: App, stack: string): Template {
  const child = app.node.findChild(stack);
  if (!Stack.isStack(child)) throw new Error(`${stack} is not a stack`);
  return Template.fromStack(child);
}

test.each(['SpamFilterPipeline', 'SpamFilterEndpoint'])('%s is what it was', (stack) => {
  expect(renderTemplate(templateOf(createApp(), stack))).toMatchSnapshot();
});

test('the templates pass CDK’s own checks', () => {
  const { directory } = createApp({}, true).synth();
  const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')) as {
    pluginReports: { violations?: unknown[] }[];
  };
  expect(pluginReports.flatMap(({ violations = [] }) => violations)).toEqual([]);
});

test('deploying the pipeline alone needs no version of the model', () => {
  const app = createApp({ artifact: '/none', 'aws:cdk:bundling-stacks': ['SpamFilterPipeline'] });
  expect(app.synth().stacks.map(({ stackName }) => stackName)).toEqual(['SpamFilterPipeline']);
});

test('without a version of the model there is one message, and no stack trace', () => {
  const run = () =>
    execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, 'bin', 'app.ts')], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ artifact: '/none' }) },
    });
  expect(thrownBy(run)).toMatchObject({
    status: 1,
    stderr: matching(/^(version \/none|Lambda functions): 1 problem\n {2}\S+: .*\n {4}fix: .*\n$/),
  });
});
