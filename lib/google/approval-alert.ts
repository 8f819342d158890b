import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import { createLogAlert, entriesOf, extract } from './log-alert';
import type { NotificationChannels } from './notification-channels';
import type { Project } from './project';
import { APPROVAL_REQUESTED } from './workflow/approval-states';

export interface ApprovalAlertProps {
  readonly project: Project;
  /** `jsonPayload.pipeline` of the entries. */
  readonly pipeline: string;
  /** Name of the workflow that writes them. */
  readonly workflow: string;
  /** Asked to approve. */
  readonly approvers: NotificationChannels;
}

/**
 * Asks people to approve a version: a mail for each entry `approval-requested` of the workflow, with the
 * addresses that its callback waits at.
 */
export class ApprovalAlert extends Construct {
  readonly policy: MonitoringAlertPolicy;

  constructor(scope: Construct, id: string, { approvers, pipeline, project, workflow }: ApprovalAlertProps) {
    super(scope, id);
    this.policy = createLogAlert(this, 'Policy', {
      project,
      title: `Approval: ${pipeline}`,
      filter: entriesOf(workflow, pipeline, APPROVAL_REQUESTED),
      labels: extract(['run', 'version', 'approve', 'reject']),
      text: [
        `A version of **${pipeline}** waits for your approval: \${log.extracted_label.version}.`,
        '',
        `* run: \${log.extracted_label.run}`,
        `* approve: \`\${log.extracted_label.approve}\``,
        `* reject: \`\${log.extracted_label.reject}\``,
      ].join('\n'),
      severity: 'WARNING',
      channels: approvers,
    });
  }
}
