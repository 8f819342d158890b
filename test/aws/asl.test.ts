import { Aws, Duration, Fn, Lazy, Stack, Token } from 'aws-cdk-lib/core';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type StateMachineDefinition, toJson } from '../../lib/aws/asl';
import { createStack } from './synth';

function definition(parameters: object): StateMachineDefinition {
  const States = { work: { Type: 'Task', Parameters: parameters } } as const;
  return { Comment: 'a "quoted" line\n', StartAt: 'work', States };
}

function render(stack: Stack, parameters: object): unknown {
  return stack.resolve(toJson(stack, definition(parameters)));
}

const HEAD =
  '{"Comment":"a \\"quoted\\" line\\n","StartAt":"work","States":{"work":{"Type":"Task","Parameters":';

test('a definition without tokens is its JSON', () => {
  expect(render(createStack(), { Name: 'x' })).toBe(`${HEAD}{"Name":"x"}}}}`);
});

test('tokens within strings stay references', () => {
  const stack = createStack();
  const bucket = new Bucket(stack, 'Bucket');
  const parameters = { Uri: `s3://${bucket.bucketName}/runs/`, Arn: bucket.arnForObjects('a/*') };
  expect(render(stack, parameters)).toEqual({
    'Fn::Join': [
      '',
      [
        `${HEAD}{"Uri":"s3://`,
        { Ref: 'Bucket83908E77' },
        '/runs/","Arn":"',
        { 'Fn::GetAtt': ['Bucket83908E77', 'Arn'] },
        '/a/*"}}}}',
      ],
    ],
  });
});

test('is what CDK writes itself, whatever the tokens stand for', () => {
  const stack = createStack();
  const parameters = {
    Region: Aws.REGION,
    Half: `${Aws.REGION}-${Aws.ACCOUNT_ID}`,
    Name: Lazy.string({ produce: () => 'late' }),
  };
  const others = {
    Subnets: Token.asList(Fn.getAtt('Vpc', 'Subnets')),
    Seconds: Lazy.number({ produce: () => Duration.minutes(1).toSeconds() }),
    Tags: Lazy.any({ produce: () => [{ Key: 'a' }] }),
  };
  for (const given of [parameters, ...Object.entries(others).map(([key, value]) => ({ [key]: value }))]) {
    expect(render(stack, given)).toEqual(stack.resolve(stack.toJsonString(definition(given))));
  }
});
