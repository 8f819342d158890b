import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { type RollbackClients, startRollback } from '../../lib/aws/start-rollback';

const CONFIG = { region: 'eu-west-1', credentials: { accessKeyId: '-', secretAccessKey: '-' } };
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:spam-rollback';
const RUN = 'arn:aws:states:eu-west-1:123456789012:execution:spam-rollback:1';

interface Call {
  readonly name: string;
  readonly input: object;
}

/** Clients of the SDK whose calls end here: each command has its answers, the last one stays. */
function createClients(answers: Record<string, object[]>): { clients: RollbackClients; calls: Call[] } {
  const calls: Call[] = [];
  const clients = { sfn: new SFNClient(CONFIG), cloudformation: new CloudFormationClient(CONFIG) };
  for (const { middlewareStack } of Object.values(clients) as SFNClient[]) {
    middlewareStack.add(
      (_, { commandName = '' }) =>
        ({ input }) => {
          calls.push({ name: commandName, input });
          const planned = answers[commandName] ?? [];
          const output = planned.length > 1 ? planned.shift() : planned[0];
          return Promise.resolve({ output: { $metadata: {}, ...output } as never, response: {} });
        },
      { step: 'initialize', priority: 'high' },
    );
  }
  return { clients, calls };
}

const started = { StartExecutionCommand: [{ executionArn: RUN }] };
const machine = (id: string) => ({
  ResourceType: 'AWS::StepFunctions::StateMachine',
  PhysicalResourceId: id,
});

test('a rollback is started, and its end awaited', async () => {
  const { clients, calls } = createClients({
    ...started,
    DescribeExecutionCommand: [{ status: 'RUNNING' }, { status: 'SUCCEEDED' }],
  });
  const runs: string[] = [];

  await startRollback(MACHINE, { clients, pollMs: 1, onStarted: (run) => runs.push(run) });

  expect(runs).toEqual([RUN]);
  expect(calls).toEqual([
    { name: 'StartExecutionCommand', input: { stateMachineArn: MACHINE, input: '{}' } },
    { name: 'DescribeExecutionCommand', input: { executionArn: RUN } },
    { name: 'DescribeExecutionCommand', input: { executionArn: RUN } },
  ]);
});

test('the machine of a stack is found, and told the version', async () => {
  const { clients, calls } = createClients({
    ...started,
    DescribeExecutionCommand: [{ status: 'SUCCEEDED' }],
    ListStackResourcesCommand: [
      {
        StackResourceSummaries: [
          machine(MACHINE.replace('-rollback', '')),
          { ...machine('other-rollback'), ResourceType: 'AWS::IAM::Role' },
          machine(MACHINE),
        ],
      },
    ],
  });

  await startRollback('Spam', { clients, version: 'a1b2c3d4e5f6' });

  expect(calls[0]).toMatchObject({ name: 'ListStackResourcesCommand', input: { StackName: 'Spam' } });
  expect(calls[1]?.input).toEqual({ stateMachineArn: MACHINE, input: '{"version":"a1b2c3d4e5f6"}' });
});

test.each([
  ['none', [], 'has no pipeline to roll back'],
  ['two', ['arn:a-rollback', 'arn:b-rollback'], 'has several pipelines: arn:a-rollback, arn:b-rollback'],
])('a stack with %s of them is refused', async (_, ids, message) => {
  const { clients } = createClients({
    ListStackResourcesCommand: [{ StackResourceSummaries: ids.map(machine) }],
  });

  await expect(startRollback('Spam', { clients })).rejects.toThrow(
    `rollback: 1 problem\n  Spam: ${message} [rollback-machine]\n` +
      '    fix: Name the state machine that ends in "-rollback" by its ARN.',
  );
});

test('a rollback that fails says why', async () => {
  const { clients } = createClients({
    ...started,
    DescribeExecutionCommand: [
      { status: 'FAILED', error: 'NotApproved', cause: 'version 1 is Rejected', executionArn: RUN },
    ],
  });

  await expect(startRollback(MACHINE, { clients })).rejects.toMatchObject({
    issues: [
      { code: 'rollback-failed', path: RUN, message: 'ended as FAILED: NotApproved: version 1 is Rejected' },
    ],
  });
});
