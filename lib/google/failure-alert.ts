import type { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy';
import { Construct } from 'constructs';
import { createLogAlert, entriesOf } from './log-alert';
import type { NotificationChannels } from './notification-channels';
import type { Project } from './project';
import { RUN_FAILED } from './workflow/notify-states';

export interface FailureAlertProps {
  readonly project: Project;
  readonly pipeline: string;
  readonly workflow: string;
  readonly channels: NotificationChannels;
}

/** Tells people that a run failed: a mail for each entry `run-failed` of its workflow, with the cause. */
export class FailureAlert extends Construct {
  readonly policy: MonitoringAlertPolicy;

  constructor(scope: Construct, id: string, { channels, pipeline, project, workflow }: FailureAlertProps) {
    super(scope, id);
    this.policy = createLogAlert(this, 'Policy', {
      project,
      title: `Failed: ${pipeline}`,
      filter: entriesOf(workflow, pipeline, RUN_FAILED),
      labels: { run: 'EXTRACT(jsonPayload.run)', cause: 'EXTRACT(jsonPayload.failure.message)' },
      text: `The run \${log.extracted_label.run} of **${pipeline}** failed: \${log.extracted_label.cause}`,
      severity: 'CRITICAL',
      channels,
    });
  }
}
