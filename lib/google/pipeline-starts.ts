import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job';
import { EventarcTrigger } from '@cdktf/provider-google/lib/eventarc-trigger';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic';
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member';
import { StorageNotification } from '@cdktf/provider-google/lib/storage-notification';
import { Construct } from 'constructs';
import { type Issue, issue } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { type Project, serviceAgent } from './project';
import { constructName } from './resource-name';
import type { ServiceKey } from './service-key';
import { StepAccount } from './step-account';
import type { WorkflowDefinition } from './workflow-definition';

export interface Starts {
  /** Five fields of cron: `"0 3 * * 1"`. @default - no schedule */
  readonly schedule?: string;
  /** Of the schedule. @default "Etc/UTC" */
  readonly timeZone?: string;
  /** @default - new data starts nothing */
  readonly newData?: NewData;
}

export interface NewData {
  /**
   * Name of the object below `datasets/<pipeline>/` that is uploaded last, so that a run starts once: `_READY`.
   * @default - every object that is uploaded there starts a run
   */
  readonly object?: string;
}

export interface PipelineStartsProps extends Starts {
  readonly project: Project;
  readonly pipeline: string;
  readonly workflow: WorkflowDefinition;
  readonly store: IArtifactStore;
  readonly key: ServiceKey;
}

export function checkStarts({ newData, schedule }: Starts, path: string): Issue[] {
  return [
    ...(schedule === undefined || /^\S+( \S+){4}$/.test(schedule)
      ? []
      : [
          issue(
            'schedule-invalid',
            `${path}.schedule`,
            `is "${schedule}"`,
            'Give five fields of cron, like "0 3 * * 1".',
          ),
        ]),
    ...(newData?.object === undefined || /^[\w.-][\w./-]*$/.test(newData.object)
      ? []
      : [
          issue(
            'object-name',
            `${path}.newData.object`,
            `is "${newData.object}"`,
            'Give a name below datasets/<pipeline>/, like "_READY".',
          ),
        ]),
  ];
}

/** What starts a pipeline by itself: a clock, or data that is put into the store. */
export class PipelineStarts extends Construct {
  private readonly account: StepAccount;
  private readonly invoker: ProjectIamMember;
  private readonly props: PipelineStartsProps;

  constructor(scope: Construct, id: string, props: PipelineStartsProps) {
    super(scope, id);
    this.props = props;
    const { newData, pipeline, project, schedule, workflow } = props;
    this.account = new StepAccount(this, 'Account', { project, purpose: `Starts the pipeline ${pipeline}` });
    this.invoker = workflow.grantStart('Starts', this.account.member);
    if (schedule !== undefined) this.createSchedule(schedule);
    if (newData !== undefined) this.createTrigger(newData);
  }

  private createSchedule(schedule: string): void {
    const { project, timeZone = 'Etc/UTC', workflow } = this.props;
    new CloudSchedulerJob(this, 'Schedule', {
      project: project.id,
      region: project.region,
      name: constructName(this),
      schedule,
      timeZone,
      retryConfig: { retryCount: 3 },
      httpTarget: {
        httpMethod: 'POST',
        uri: `https://workflowexecutions.googleapis.com/v1/${workflow.workflowName}/executions`,
        oauthToken: { serviceAccountEmail: this.account.email },
      },
      dependsOn: [this.invoker, workflow.workflow],
    });
  }

  /** Eventarc knows buckets, not prefixes: the bucket itself tells of the prefix, on a topic. */
  private createTrigger({ object = '' }: NewData): void {
    const { key, pipeline, project, store, workflow } = this.props;
    const name = constructName(this);
    const topic = new PubsubTopic(this, 'NewData', {
      project: project.id,
      name,
      kmsKeyName: key.keyName,
      messageStoragePolicy: { allowedPersistenceRegions: [project.region] },
      dependsOn: [...key.grants],
    });
    const publisher = new PubsubTopicIamMember(this, 'Publish', {
      project: project.id,
      topic: topic.name,
      role: 'roles/pubsub.publisher',
      member: serviceAgent(project, 'storage'),
    });
    new StorageNotification(this, 'Notification', {
      bucket: store.bucketName,
      topic: topic.id,
      payloadFormat: 'JSON_API_V1',
      eventTypes: ['OBJECT_FINALIZE'],
      objectNamePrefix: `datasets/${pipeline}/${object}`,
      dependsOn: [publisher, ...store.dependencies],
    });
    const receiver = new ProjectIamMember(this, 'Receive', {
      project: project.id,
      role: 'roles/eventarc.eventReceiver',
      member: this.account.member,
    });
    new EventarcTrigger(this, 'Trigger', {
      project: project.id,
      location: project.region,
      name,
      serviceAccount: this.account.email,
      matchingCriteria: [{ attribute: 'type', value: 'google.cloud.pubsub.topic.v1.messagePublished' }],
      transport: { pubsub: { topic: topic.id } },
      destination: { workflow: workflow.workflow.id },
      dependsOn: [this.invoker, receiver],
    });
  }
}
