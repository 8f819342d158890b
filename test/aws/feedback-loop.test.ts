import { Match, Template } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ArtifactStore, FeedbackLoop, type FeedbackLoopProps } from '../../lib/aws';
import { statementsOf } from './policies';
import { runMachine } from '../../lib/aws/rehearsal/interpreter';
import { createStack, synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:spam';

function synth(props: Partial<FeedbackLoopProps> = {}) {
  const stack = createStack();
  const store = new ArtifactStore(stack, 'Store');
  const loop = new FeedbackLoop(stack, 'Feedback', {
    pipeline: 'spam',
    store,
    stateMachine: StateMachine.fromStateMachineArn(stack, 'Machine', MACHINE),
    ...props,
  });
  return { loop, stack, template: () => Template.fromStack(stack) };
}

test('samples that arrive and runs that end are counted with the same event', () => {
  const template = synth().template();
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ wildcard: 'feedback/spam/*.jsonl' }] } },
    },
  });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.states'],
      detail: { stateMachineArn: [MACHINE], status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
    Targets: [
      Match.objectLike({
        Input: {
          'Fn::Join': [
            '',
            Match.arrayWith([
              `","prefix":"feedback/spam/","pipeline":"spam","retrainAfterSamples":1000,"stateMachineArn":"${MACHINE}"}`,
            ]),
          ],
        },
      }),
    ],
  });
});

test('a new bucket sends its events, by a property of its own', () => {
  const template = synth().template();
  template.hasResourceProperties('AWS::S3::Bucket', {
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
  });
  template.resourceCountIs('AWS::Lambda::Function', 1);
});

test('a store that was made elsewhere stays as it is', () => {
  const stack = createStack();
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'elsewhere');
  const store = ArtifactStore.fromBucket(stack, 'Store', { bucket, encryptionKey: new Key(stack, 'Key') });
  const stateMachine = StateMachine.fromStateMachineArn(stack, 'Machine', MACHINE);
  new FeedbackLoop(stack, 'Feedback', { pipeline: 'spam', store, stateMachine });
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
});

test('the function reads feedback and the live version, and starts one state machine', () => {
  const statements = statementsOf(synth().template());
  const objects = statements.filter(({ actions }) => actions.includes('s3:GetObject'));
  expect(objects.flatMap(({ resources }) => resources)).toEqual([
    expect.stringMatching(/\/feedback\/spam\/\*$/),
  ]);
  expect(statements).toContainEqual(
    expect.objectContaining({
      actions: ['s3:ListBucket'],
      condition: { StringEquals: { 's3:prefix': 'releases/live.json' } },
    }),
  );
  const starts = statements.filter(({ actions }) => actions.includes('states:StartExecution'));
  expect(starts).toMatchObject([
    { actions: ['states:ListExecutions', 'states:StartExecution'], resources: [MACHINE] },
  ]);
});

test('who brings samples may write below one prefix', () => {
  const { loop, stack, template } = synth();
  loop.grantWrite(new User(stack, 'Labeller'));
  const writes = statementsOf(template()).filter(({ actions }) => actions.includes('s3:PutObject'));
  expect(writes.flatMap(({ resources }) => resources)).toEqual([
    expect.stringMatching(/\/feedback\/spam\/\*$/),
  ]);
  expect(loop.metricNewSamples()).toMatchObject({ metricName: 'NewFeedbackSamples' });
});

test('a number of samples that starts nothing is refused', () => {
  expect(() => synth({ retrainAfterSamples: 0 })).toThrow('retrainAfterSamples: is 0');
});

test('a pipeline has one where the definition asks for it, and its runs read the feedback', async () => {
  const monitoring = { ...spamFilter.monitoring, feedback: { retrainAfterSamples: 500 } };
  const { machine, pipeline, template } = synthPipeline({ definition: { ...spamFilter, monitoring } });
  expect(pipeline.feedback).toBeDefined();
  expect(machine.StartAt).toBe('preprocess: place 1');
  const calls: string[] = [];
  await runMachine(machine, (action, parameters) => {
    calls.push(`${action} ${String(parameters.Key)}`);
    throw new Error('enough');
  });
  expect(calls[0]).toBe('s3:putObject feedback/spam-filter/about.txt');
  const writes = statementsOf(template).filter(({ actions }) => actions.includes('s3:PutObject'));
  expect(writes.flatMap(({ resources }) => resources)).toContainEqual(
    expect.stringMatching(/\/feedback\/spam-filter\/about\.txt$/),
  );
  const reads = statementsOf(template).filter(({ actions }) => actions.includes('s3:GetObject'));
  const readers = reads
    .flatMap(({ resources }) => resources)
    .filter((name) => name.endsWith('/feedback/spam-filter/*'));
  expect(readers).toHaveLength(2);
  expect(synthPipeline().machine.StartAt).toBe('preprocess');
});
