import { ExecutionAlreadyExists, type ExecutionStatus, SFNClient } from '@aws-sdk/client-sfn';
import { answerOffline, OFFLINE } from './offline-client';
import { executionArn } from './resolve-template';

/** Told of every access before it happens; throws where it is not allowed. */
export type ExecutionsGuard = (action: 'states:ListExecutions' | 'states:StartExecution') => void;

export interface FakeExecution {
  readonly name: string;
  readonly executionArn: string;
  readonly startDate: Date;
  status: ExecutionStatus;
}

interface SfnInput {
  readonly name?: string;
}

/** Runs of one state machine, as functions list and start them. */
export class FakeExecutions {
  /** The newest last. */
  readonly all: FakeExecution[] = [];

  /**
   * @param machineName of the state machine
   * @param now when a run starts
   */
  constructor(
    private readonly machineName: string,
    private readonly now: () => Date,
  ) {}

  /** A client whose calls end here, made in the name of whom `guard` stands for. */
  client(guard: ExecutionsGuard): SFNClient {
    return answerOffline(new SFNClient(OFFLINE), (command, input) => this.answer(command, input, guard));
  }

  private answer(command: string, input: SfnInput, guard: ExecutionsGuard): object {
    switch (command) {
      case 'ListExecutionsCommand':
        guard('states:ListExecutions');
        return { executions: this.all.slice(-1), $metadata: {} };
      case 'StartExecutionCommand':
        guard('states:StartExecution');
        return this.start(input.name ?? '');
      default:
        throw new Error(`${command} is not rehearsed`);
    }
  }

  private start(name: string): object {
    if (this.all.some((execution) => execution.name === name)) {
      throw new ExecutionAlreadyExists({ message: `Execution Already Exists: ${name}`, $metadata: {} });
    }
    const execution: FakeExecution = {
      name,
      executionArn: executionArn(this.machineName, name),
      startDate: this.now(),
      status: 'RUNNING',
    };
    this.all.push(execution);
    return { executionArn: execution.executionArn, startDate: execution.startDate, $metadata: {} };
  }
}
