import { App as AwsApp, Stack } from 'aws-cdk-lib/core';
import { App, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { accountName, constructName, numericName, terraformStackOf } from '../../lib/google/resource-name';

const stack = new TerraformStack(new App(), 'my-stack');
const at = (id: string) => new Construct(stack, id);

test.each([
  ['SpamFilter', 'my-stack-spam-filter'],
  ['Cloud_Run 2', 'my-stack-cloud-run-2'],
  ['x'.repeat(80), `my-stack-${'x'.repeat(45)}-113fce33`],
])('the name of %s is %s', (id, name) => {
  const construct = at(id);
  expect(constructName(construct)).toBe(name);
  expect(constructName(construct).length).toBeLessThanOrEqual(63);
});

test('a name begins with a letter, whatever the path begins with', () => {
  expect(constructName(new TerraformStack(new App(), '2024'))).toBe('x');
  expect(constructName(new TerraformStack(new App(), '2nd'))).toBe('nd');
});

test('names of accounts have 6 to 30 characters', () => {
  expect(accountName(new TerraformStack(new App(), 'a'))).toMatch(/^a-[0-9a-f]{8}$/);
  expect(accountName(at('Y'.repeat(40)))).toMatch(/^my-stack-y{12}-[0-9a-f]{8}$/);
});

test('names of accounts differ where names would be the same', () => {
  const [together, apart] = [at('TrainModel'), new Construct(at('Train'), 'Model')];
  expect(constructName(together)).toBe(constructName(apart));
  expect(accountName(together)).not.toBe(accountName(apart));
});

test('numeric names have ten digits, the same at every synth, another on every path', () => {
  const names = ['A', 'B', 'C'].map((id) => numericName(at(id)));
  for (const name of names) expect(name).toMatch(/^[1-9]\d{9}$/);
  expect(new Set(names).size).toBe(3);
  expect(numericName(new Construct(new TerraformStack(new App(), 'my-stack'), 'A'))).toBe(names[0]);
});

test('a construct outside a TerraformStack is told where it belongs', () => {
  expect(terraformStackOf(at('In'))).toBe(stack);
  expect(() => terraformStackOf(new Construct(new Stack(new AwsApp(), 'Aws'), 'Out'))).toThrow(
    [
      'cdk-model-pipeline/google: 1 problem',
      '  Aws/Out: is a construct of cdk-model-pipeline/google outside a TerraformStack [not-in-a-terraform-stack]',
      '    fix: Put it into a TerraformStack of cdktf; in a Stack of aws-cdk-lib take cdk-model-pipeline/aws.',
    ].join('\n'),
  );
});
