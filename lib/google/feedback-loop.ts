import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric';
import { Construct } from 'constructs';
import { type Issue, issue, throwIssues } from '../issue';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { ContainerJob } from './container-job';
import type { MetricQuery } from './endpoint-metrics';
import { renderFeedbackWorkflow } from './feedback-states';
import { grantWait } from './grant-wait';
import type { NetworkProps } from './network';
import { orderAccounts } from './order-accounts';
import { type Project, serviceAgent } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';
import { StepAccount } from './step-account';
import { grantReadWorkflows, WorkflowDefinition } from './workflow-definition';
import { WorkflowSchedule } from './workflow-schedule';
import { literal, value } from './workflow/expression';
import { LIVE_PATH } from './workflow/live-states';
import type { WorkflowStep } from './workflow/source';
import { RUN_PROGRAM } from './workflow/subworkflows';

const TIMEOUT_SECONDS = 600;
const MACHINE = { cpu: 1, memoryGiB: 2 };

export interface FeedbackLoopProps {
  readonly project: Project;
  /** Samples arrive as `feedback/<pipeline>/….jsonl` of the store. */
  readonly pipeline: string;
  readonly store: IArtifactStore;
  /** Runs the pipeline; a run reads all feedback. */
  readonly workflow: WorkflowDefinition;
  /** This library's server, built from `containers/serving`: it counts the samples. */
  readonly serverImage: ContainerImage;
  /** New labelled samples that start a run. @default 1000 */
  readonly retrainAfterSamples?: number;
  /** Encrypts what looks hold; for the agent `workflows`. @default - a key of its own */
  readonly key?: ServiceKey;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

/**
 * Starts a run of a pipeline once enough labelled samples came back. It looks once an hour:
 *
 * ```ts
 * new FeedbackLoop(stack, 'Feedback', { project, pipeline: 'spam-filter', store, workflow, serverImage });
 * ```
 */
export class FeedbackLoop extends Construct {
  /** Looks, and starts. */
  readonly workflow: WorkflowDefinition;
  /** Counts new samples. */
  readonly job: ContainerJob;
  readonly schedule: WorkflowSchedule;
  readonly loggingMetric: LoggingMetric;
  private readonly props: FeedbackLoopProps;

  constructor(scope: Construct, id: string, props: FeedbackLoopProps) {
    super(scope, id);
    orderAccounts(terraformStackOf(this));
    const { pipeline, project, retrainAfterSamples = 1000, store } = props;
    throwIssues(`feedback of "${pipeline}"`, checkSamples(retrainAfterSamples));
    this.props = props;
    const starts = `retraining/${pipeline}/`;
    this.job = this.createJob(starts);
    const purpose = `Starts ${pipeline} when enough feedback came back`;
    this.workflow = new WorkflowDefinition(this, 'Workflow', {
      project,
      name: constructName(this),
      description: purpose,
      source: renderFeedbackWorkflow({
        ...{ pipeline, store, starts },
        workflowName: props.workflow.workflowName,
        count: this.renderCount(retrainAfterSamples),
      }),
      key: props.key ?? new ServiceKey(this, 'Key', { project, agents: ['workflows'] }),
    });
    this.grantRun(starts);
    const schedule = 'every 1 hours';
    this.schedule = new WorkflowSchedule(this, 'Schedule', {
      ...{ project, workflow: this.workflow, schedule, purpose },
    });
    this.loggingMetric = this.createMetric();
  }

  /** Samples that no run has seen, as they were last counted. */
  metricNewSamples(): MetricQuery {
    return {
      title: 'New feedback samples',
      filter: `resource.type = "cloud_run_job" AND metric.type = "logging.googleapis.com/user/${constructName(this)}"`,
      aligner: 'ALIGN_DELTA',
      reducer: 'REDUCE_MEAN',
    };
  }

  /** Allows bringing samples, and nothing else. */
  grantWrite(id: string, member: string): void {
    const { store } = this.props;
    store.grantWrite(`${this.node.path}/${id}`, member, [this.prefix]);
  }

  private get prefix(): string {
    return `feedback/${this.props.pipeline}/`;
  }

  private createJob(starts: string): ContainerJob {
    const { network, project, serverImage, store } = this.props;
    const account = new StepAccount(this, 'Account', { project, purpose: 'Counts feedback' });
    account.grantStore(
      store,
      { feedback: { path: literal(this.prefix), prefixes: [this.prefix] } },
      { starts: { path: 'directory', prefixes: [`${starts}*/`] } },
    );
    return new ContainerJob(this, 'Job', {
      ...{ project, store, account, network },
      image: serverImage.bind(this, [serviceAgent(project, 'run')]),
      resources: MACHINE,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  }

  private renderCount(atLeast: number): WorkflowStep {
    const { pipeline, store } = this.props;
    return {
      call: RUN_PROGRAM,
      args: {
        name: this.job.jobName,
        args: [
          ...['count-feedback', store.mountPath(this.prefix)],
          ...['--pipeline', pipeline],
          ...['--since', value('since')],
          ...['--at-least', String(atLeast)],
          ...['--into', value(`${literal(store.mountPath(''))} + directory`)],
        ],
        timeout: TIMEOUT_SECONDS,
      },
    };
  }

  private grantRun(starts: string): void {
    const { project, store, workflow } = this.props;
    const { account } = this.workflow;
    this.job.grantRun('Workflow', account.member);
    grantWait(this, project, { Workflow: account.member });
    grantReadWorkflows(account, project, [workflow]);
    workflow.grantStart(this.node.path, account.member);
    store.grantRead(this.node.path, account.member, [LIVE_PATH]);
    // A start that failed is taken back, so that the next look tries again.
    store.grantKeep(this.node.path, account.member, [starts]);
  }

  private createMetric(): LoggingMetric {
    const { pipeline, project } = this.props;
    const { jobName } = this.job;
    return new LoggingMetric(this, 'Metric', {
      project: project.id,
      name: constructName(this),
      description: `Labelled samples of ${pipeline} that no run has seen`,
      filter: [
        'resource.type="cloud_run_job"',
        `resource.labels.job_name="${jobName.slice(jobName.lastIndexOf('/') + 1)}"`,
        'jsonPayload.event="feedback-counted"',
      ].join(' AND '),
      valueExtractor: 'EXTRACT(jsonPayload.newSamples)',
      metricDescriptor: { metricKind: 'DELTA', valueType: 'DISTRIBUTION', unit: '1' },
      bucketOptions: { exponentialBuckets: { numFiniteBuckets: 32, growthFactor: 2, scale: 1 } },
    });
  }
}

function checkSamples(samples: number): Issue[] {
  if (Number.isInteger(samples) && samples > 0) return [];
  const fix = 'Give an integer from 1 up.';
  return [issue('feedback-samples', 'retrainAfterSamples', `is ${samples}`, fix)];
}
