import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lint, templatesOf } from './cfn-lint';
import { createExampleApp } from './example-app';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));
jest.setTimeout(120_000);

test('cfn-lint finds no error in the templates of the example', () => {
  const { directory } = createExampleApp().synth();
  const templates = templatesOf(directory);
  expect(templates).toHaveLength(2);
  expect(lint(templates)).toEqual([]);
});

test('cfn-lint finds an error where there is one', () => {
  const template = join(mkdtempSync(join(tmpdir(), 'lint-')), 'wrong.template.json');
  const Resources = { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Name: 'models' } } };
  writeFileSync(template, JSON.stringify({ Resources }));
  expect(lint([template])).toEqual([
    "E3002 at Resources/Bucket/Properties/Name: Additional properties are not allowed ('Name' was unexpected)",
  ]);
});
