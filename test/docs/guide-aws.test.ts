import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import * as aws from '../../lib/aws';
import { reportOf } from '../artifact/verified-files';
import { writeTinyLlama } from '../artifact/write-tiny-llama';
import { lint, templatesOf } from '../aws/cfn-lint';
import { registeredModel } from '../program/language-model';
import { describeGuide } from './describe-guide';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('../aws/stub-bundle'));
jest.setTimeout(120_000);

const ENVIRONMENT = { account: '123456789012', region: 'eu-west-1' };

const templates: string[] = [];

beforeAll(() => {
  // cfn-lint sees more than CDK's own validation, in less time.
  process.env.CDK_VALIDATION = 'false';
  // Warnings of the rules are for the authors of apps.
  jest.spyOn(console, 'error').mockImplementation();
});
afterAll(() => {
  jest.restoreAllMocks();
});

const model = writeTinyLlama();

describeGuide<App>({
  cloud: 'aws',
  exported: aws,
  globals: `import type { App, Stack } from 'aws-cdk-lib/core';
declare global { const app: App; const stack: Stack; }
`,
  beside: async () => ({
    'qwen3-8b': model,
    'qwen3-8b.json': await reportOf(model),
    'language-model-version': await registeredModel(),
    writer: resolve('test/fixtures/language-model'),
  }),
  create: () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'cdk.out-')) });
    Validations.of(app).addPlugins(new aws.ModelPipelineRules());
    return { app, stack: new Stack(app, 'Guide', { env: ENVIRONMENT }) };
  },
  synth: (app) => {
    const assembly = app.synth();
    const errors = assembly.stacksRecursively.flatMap(({ messages }) =>
      messages.filter(({ level }) => (level as string) === 'error').map(({ entry }) => entry.data),
    );
    expect(errors).toEqual([]);
    templates.push(...templatesOf(assembly.directory));
  },
});

test('every example has a template without an error', () => {
  expect(templates).not.toEqual([]);
  expect(lint(templates)).toEqual([]);
});
