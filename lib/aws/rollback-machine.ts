import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StateMachineDefinition } from './asl';
import { createStateMachine } from './create-state-machine';
import type { NotificationTopic } from './notification-topic';
import { FAILED, FAILED_STATE } from './workflow/edges';
import { notifyStates } from './workflow/notify-states';
import type { ReleaseSettings } from './workflow/release-settings';
import { restoreStates } from './workflow/restore-states';
import { rollbackStates } from './workflow/rollback-states';

export interface RollbackMachineProps {
  readonly stateMachineName: string;
  readonly pipeline: string;
  readonly release: ReleaseSettings;
  /** Hears of a rollback that failed. */
  readonly notifications: NotificationTopic;
  readonly encryptionKey: IKey;
}

const ROLLBACK = 'rollback';
const RESTORE = 'restore';
const NOTIFY = 'notify-failure';
const DONE = 'Done';

/**
 * Moves an endpoint back to a version that has been live: to the one before, or to the one that the run's
 * input names, `{ "version": "…" }`. It takes its turn with releases, and restores the endpoint when it fails.
 */
export class RollbackMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: RollbackMachineProps) {
    super(scope, id);
    this.stateMachine = createStateMachine(this, {
      name: props.stateMachineName,
      description: `Rolls back the pipeline ${props.pipeline}`,
      definition: render(props),
      encryptionKey: props.encryptionKey,
    });
  }

  /** Allows starting a rollback, and waiting for its end. */
  grantStart(grantee: IGrantable): Grant {
    return this.stateMachine
      .grantStartExecution(grantee)
      .combine(this.stateMachine.grantExecution(grantee, 'states:DescribeExecution'));
  }
}

function render({ pipeline, release, notifications }: RollbackMachineProps): StateMachineDefinition {
  const restore = { id: RESTORE, next: NOTIFY, onFailure: NOTIFY };
  const notify = { id: NOTIFY, next: null };
  return {
    Comment: `${pipeline}: back to a version that has been live`,
    StartAt: ROLLBACK,
    States: {
      ...rollbackStates({ id: ROLLBACK, next: DONE }, RESTORE, release),
      [DONE]: { Type: 'Succeed' },
      ...restoreStates(restore, release),
      ...notifyStates(notify, pipeline, notifications.topic.topicArn),
      [FAILED]: FAILED_STATE,
    },
  };
}
