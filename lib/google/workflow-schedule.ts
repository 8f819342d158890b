import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job';
import { Construct } from 'constructs';
import type { Project } from './project';
import { constructName } from './resource-name';
import { StepAccount } from './step-account';
import type { WorkflowDefinition } from './workflow-definition';

export interface WorkflowScheduleProps {
  readonly project: Project;
  readonly workflow: WorkflowDefinition;
  /** `every 12 hours`: https://docs.cloud.google.com/scheduler/docs/configuring/cron-job-schedules */
  readonly schedule: string;
  /** What it starts the workflow for, in a sentence. */
  readonly purpose: string;
}

/** Starts a workflow again and again, as an account that may do nothing else. */
export class WorkflowSchedule extends Construct {
  readonly job: CloudSchedulerJob;

  constructor(scope: Construct, id: string, props: WorkflowScheduleProps) {
    super(scope, id);
    const { project, purpose, schedule, workflow } = props;
    const account = new StepAccount(this, 'Account', { project, purpose });
    const grant = workflow.grantStart('Schedule', account.member);
    this.job = new CloudSchedulerJob(this, 'Job', {
      project: project.id,
      region: project.region,
      name: constructName(this),
      description: purpose,
      schedule,
      timeZone: 'Etc/UTC',
      retryConfig: { retryCount: 3 },
      httpTarget: {
        httpMethod: 'POST',
        uri: `https://workflowexecutions.googleapis.com/v1/${workflow.workflowName}/executions`,
        oauthToken: { serviceAccountEmail: account.email },
      },
      dependsOn: [grant, workflow.workflow],
    });
  }
}
