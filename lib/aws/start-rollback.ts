import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { DescribeExecutionCommandOutput, SFNClient } from '@aws-sdk/client-sfn';
import { issue, IssueError } from '../issue';
import { requirePeers } from '../require-peers';

/** The account, as a rollback needs it. */
export interface RollbackClients {
  readonly sfn: SFNClient;
  readonly cloudformation: CloudFormationClient;
}

export interface RollbackOptions {
  /** @default - the version that was live before */
  readonly version?: string;
  readonly clients: RollbackClients;
  /** Milliseconds between two looks at the run. @default 5000 */
  readonly pollMs?: number;
  /** Told of the run once it has begun. @default - nobody */
  readonly onStarted?: (executionArn: string) => void;
}

const PACKAGES = ['@aws-sdk/client-cloudformation', '@aws-sdk/client-sfn'];

/**
 * Clients with the credentials and the region of the environment.
 *
 * @throws IssueError when the SDK's packages are not installed
 */
export async function createRollbackClients(): Promise<RollbackClients> {
  requirePeers('rollback', PACKAGES);
  const [{ CloudFormationClient: CloudFormation }, { SFNClient: StepFunctions }] = await Promise.all([
    import('@aws-sdk/client-cloudformation'),
    import('@aws-sdk/client-sfn'),
  ]);
  return { cloudformation: new CloudFormation(), sfn: new StepFunctions() };
}

/**
 * Starts the rollback machine of a pipeline and waits for its end.
 *
 * @param target name of the stack, or ARN of the rollback's state machine
 * @throws IssueError when there is no such machine, or the rollback fails
 */
export async function startRollback(target: string, options: RollbackOptions): Promise<void> {
  const { clients, onStarted, pollMs = 5000, version } = options;
  const { DescribeExecutionCommand, StartExecutionCommand } = await import('@aws-sdk/client-sfn');
  const stateMachineArn = target.startsWith('arn:')
    ? target
    : await findMachine(target, clients.cloudformation);
  const input = JSON.stringify(version === undefined ? {} : { version });
  const { executionArn } = await clients.sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
  onStarted?.(executionArn ?? '');
  for (;;) {
    const run = await clients.sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (run.status === 'SUCCEEDED') return;
    if (run.status !== 'RUNNING') throw failed(run);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function findMachine(stack: string, cloudformation: CloudFormationClient): Promise<string> {
  const { paginateListStackResources } = await import('@aws-sdk/client-cloudformation');
  const machines: string[] = [];
  for await (const page of paginateListStackResources({ client: cloudformation }, { StackName: stack })) {
    for (const { PhysicalResourceId = '', ResourceType } of page.StackResourceSummaries ?? []) {
      if (ResourceType === 'AWS::StepFunctions::StateMachine' && PhysicalResourceId.endsWith('-rollback')) {
        machines.push(PhysicalResourceId);
      }
    }
  }
  const [machine, another] = machines;
  if (machine !== undefined && another === undefined) return machine;
  const message =
    another === undefined ? 'has no pipeline to roll back' : `has several pipelines: ${machines.join(', ')}`;
  const fix = 'Name the state machine that ends in "-rollback" by its ARN.';
  throw new IssueError('rollback', [issue('rollback-machine', stack, message, fix)]);
}

function failed({ cause, error, executionArn, status }: DescribeExecutionCommandOutput): IssueError {
  const message = `ended as ${status ?? 'unknown'}: ${error ?? ''}${cause === undefined ? '' : `: ${cause}`}`;
  const fix = 'The endpoint serves what it served before, unless the run says otherwise: look at its states.';
  return new IssueError('rollback', [issue('rollback-failed', executionArn ?? '', message, fix)]);
}
