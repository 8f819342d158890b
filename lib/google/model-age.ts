import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job';
import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { WorkflowsWorkflow } from '@cdktf/provider-google/lib/workflows-workflow';
import { Construct } from 'constructs';
import type { IArtifactStore } from './artifact-store';
import type { MetricQuery } from './endpoint-metrics';
import type { Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';
import { StepAccount } from './step-account';
import { value } from './workflow/expression';
import type { WorkflowSource } from './workflow/source';
import { escapeTemplates } from './escape-templates';

/** What a release writes when a version goes live. */
const LIVE = 'releases/live.json';

const EVENT = 'model-age';
const DAY_SECONDS = 86_400;

export interface ModelAgeProps {
  readonly project: Project;
  /** Tells the entries of one pipeline from those of another. */
  readonly pipeline: string;
  readonly store: IArtifactStore;
  /** Encrypts what runs of the workflow hold; for the agent `workflows`. @default - a key of its own */
  readonly key?: ServiceKey;
}

/**
 * Measures once a day how long ago a version went live. Without a version, nothing is measured.
 *
 * ```ts
 * const age = new ModelAge(stack, 'Age', { project, pipeline: 'spam-filter', store });
 * age.metric();
 * ```
 */
export class ModelAge extends Construct {
  readonly workflow: WorkflowsWorkflow;
  readonly loggingMetric: LoggingMetric;
  readonly source: WorkflowSource;
  private readonly metricName: string;

  constructor(scope: Construct, id: string, { key: given, pipeline, project, store }: ModelAgeProps) {
    super(scope, id);
    terraformStackOf(this);
    const name = constructName(this);
    const purpose = `Measures the age of the model of ${pipeline}`;
    const account = new StepAccount(this, 'Account', { project, purpose });
    store.grantRead(this.node.path, account.member, [LIVE]);
    this.grantLog(project, account);
    const key = given ?? new ServiceKey(this, 'Key', { project, agents: ['workflows'] });
    this.source = renderSource(pipeline, store.bucketName);
    this.workflow = new WorkflowsWorkflow(this, 'Workflow', {
      project: project.id,
      region: project.region,
      name,
      description: purpose,
      serviceAccount: account.email,
      cryptoKeyName: key.keyName,
      callLogLevel: 'LOG_ERRORS_ONLY',
      deletionProtection: false,
      sourceContents: escapeTemplates(JSON.stringify(this.source)),
      dependsOn: [account.account, ...key.grants],
    });
    this.metricName = name;
    this.loggingMetric = this.createMetric(project, pipeline, name);
    this.schedule(project, name);
  }

  /** Days since a version went live, the last that was measured. */
  metric(): MetricQuery {
    return {
      title: 'Age of the model (days)',
      filter: `resource.type = "workflows.googleapis.com/Workflow" AND metric.type = "logging.googleapis.com/user/${this.metricName}"`,
      aligner: 'ALIGN_PERCENTILE_99',
      reducer: 'REDUCE_MAX',
    };
  }

  private grantLog({ id }: Project, account: StepAccount): void {
    const { member } = account;
    new ProjectIamMember(this, 'Log', { project: id, role: 'roles/logging.logWriter', member });
  }

  private createMetric({ id }: Project, pipeline: string, name: string): LoggingMetric {
    return new LoggingMetric(this, 'Metric', {
      project: id,
      name,
      description: `Days since a version of ${pipeline} went live`,
      filter: [
        'resource.type="workflows.googleapis.com/Workflow"',
        `resource.labels.workflow_id="${name}"`,
        `jsonPayload.event="${EVENT}"`,
      ].join(' AND '),
      valueExtractor: 'EXTRACT(jsonPayload.days)',
      metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: 'd' },
      bucketOptions: { linearBuckets: { numFiniteBuckets: 400, width: 1, offset: 0 } },
    });
  }

  private schedule(project: Project, name: string): void {
    const starter = new StepAccount(this, 'Starter', { project, purpose: 'Starts the daily measurement' });
    const invoker = new ProjectIamMember(this, 'Start', {
      project: project.id,
      role: 'roles/workflows.invoker',
      member: starter.member,
      condition: {
        title: 'only this workflow',
        expression: `resource.name == "projects/${project.id}/locations/${project.region}/workflows/${name}"`,
      },
    });
    const parent = `projects/${project.id}/locations/${project.region}/workflows/${name}`;
    new CloudSchedulerJob(this, 'Daily', {
      project: project.id,
      region: project.region,
      name,
      schedule: '0 6 * * *',
      timeZone: 'Etc/UTC',
      httpTarget: {
        httpMethod: 'POST',
        uri: `https://workflowexecutions.googleapis.com/v1/${parent}/executions`,
        oauthToken: { serviceAccountEmail: starter.email },
      },
      dependsOn: [invoker, this.workflow],
    });
  }
}

function renderSource(pipeline: string, bucket: string): WorkflowSource {
  return {
    main: {
      steps: [
        {
          look: {
            try: {
              call: 'googleapis.storage.v1.objects.get',
              args: { bucket, object: value(`text.url_encode("${LIVE}")`) },
              result: 'live',
            },
            except: {
              as: 'e',
              steps: [
                { nothing_is_live: { switch: [{ condition: value('e.code == 404'), next: 'end' }] } },
                { look_failed: { raise: value('e') } },
              ],
            },
          },
        },
        {
          measure: {
            call: 'sys.log',
            args: {
              severity: 'INFO',
              json: {
                event: EVENT,
                pipeline,
                days: value(`(sys.now() - time.parse(live.updated)) / ${DAY_SECONDS}`),
              },
            },
          },
        },
      ],
    },
  };
}
