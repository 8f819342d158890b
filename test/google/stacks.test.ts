import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import { createStacks } from '../../bin/google';
import { containing } from '../aws/matchers';
import { renderStack } from './render-stack';
import { Terraform, terraformMissing } from './terraform/terraform';

const STACKS = ['SpamFilterPipeline'];

let outdir: string;
beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'cdktf.out-'));
  const app = new App({ outdir });
  createStacks(app);
  expect(app.node.children.map(({ node }) => node.id)).toEqual(STACKS);
  app.synth();
});
afterAll(() => {
  rmSync(outdir, { recursive: true });
});

test('the rules have nothing to say', () => {
  const { stacks } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, { annotations: readonly { message: string }[] }>;
  };
  const messages = Object.values(stacks).flatMap(({ annotations }) =>
    annotations.map(({ message }) => message),
  );
  // A finding ends with its rule and its fix.
  expect(messages.filter((message) => /\[[a-z-]+\]\n {4}fix: /.test(message))).toEqual([]);
});

test.each(STACKS)('%s is what it was', (stack) => {
  expect(renderStack(readFileSync(join(outdir, 'stacks', stack, 'cdk.tf.json'), 'utf8'))).toMatchSnapshot();
});

test.each(STACKS)(
  '%s is planned, applied, unchanged afterwards, and destroyed',
  async (name) => {
    if (await terraformMissing()) return;
    const stack = await Terraform.start(join(outdir, 'stacks', name));
    try {
      expect(await stack.run('init', '-input=false')).toMatchObject({ code: 0 });
      const valid = containing('Success! The configuration is valid.');
      expect(await stack.run('validate')).toMatchObject({ code: 0, output: valid });
      const planned = await stack.run('plan', '-out=plan');
      expect(planned.output).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy\./);
      const count = /Plan: (\d+) to add/.exec(planned.output)?.[1] ?? '';
      expect((await stack.run('apply', 'plan')).output).toContain(`Resources: ${count} added`);
      const again = await stack.run('plan', '-detailed-exitcode');
      expect(again).toMatchObject({ code: 0, output: containing('No changes.') });
      expect((await stack.run('destroy', '-auto-approve')).output).toContain(`${count} destroyed`);
    } finally {
      await stack.stop();
    }
  },
  180_000,
);
