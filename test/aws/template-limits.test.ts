import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib/core';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ModelPipeline } from '../../lib/aws';
import { SERVER } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));
jest.setTimeout(120_000);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LIMITS = { resources: 500, bytes: 1_000_000 };

/** Sixteen full stacks, and one with room. */
const PIPELINES = 50;

/** What the page on sizes says of one pipeline. */
const stated = (what: string) => {
  const page = readFileSync('docs/reference/synth.md', 'utf8');
  const [, figure = ''] = new RegExp(`\\| ${what} +\\| at most ([\\d,]+)`).exec(page) ?? [];
  return Number(figure.replaceAll(',', ''));
};

function createApp(): App {
  return new App({
    outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')),
    builtinCloudFormationValidation: false,
  });
}

function sizeOf(app: App): { resources: number; bytes: number }[] {
  return app.synth().stacks.map(({ template, templateFullPath }) => ({
    resources: Object.keys((template as { Resources: object }).Resources).length,
    bytes: statSync(templateFullPath).size,
  }));
}

test('one pipeline is as large as the reference says, and far below the limits', () => {
  const app = createApp();
  new ModelPipeline(new Stack(app, 'Pipeline'), 'Pipeline', { definition: spamFilter, image: SERVER });
  const [size] = sizeOf(app);
  for (const what of ['resources', 'bytes'] as const) {
    expect(size?.[what]).toBeLessThanOrEqual(stated(what));
    expect(stated(what)).toBeLessThan(LIMITS[what] / 2);
  }
});

test('fifty pipelines on one network are split over stacks, without a cycle', () => {
  const app = createApp();
  const env = { account: '123456789012', region: 'eu-west-1' };
  const vpc = new Vpc(new Stack(app, 'Network', { env }), 'Vpc');
  const perStack = Math.floor(LIMITS.bytes / stated('bytes'));
  let stack: Stack | undefined;
  for (let index = 0; index < PIPELINES; index++) {
    if (!stack || index % perStack === 0) stack = new Stack(app, `Pipelines${index}`, { env });
    const definition = { ...spamFilter, name: `spam-filter-${index}` };
    new ModelPipeline(stack, `Pipeline${index}`, { definition, image: SERVER, network: { vpc } });
  }
  const sizes = sizeOf(app);
  expect(sizes).toHaveLength(1 + Math.ceil(PIPELINES / perStack));
  for (const { resources, bytes } of sizes) {
    expect(resources).toBeLessThan(LIMITS.resources);
    expect(bytes).toBeLessThan(LIMITS.bytes);
  }
});
