import { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import { throwIssues } from '../issue';
import { grantVertexJobs } from './grant-vertex-jobs';
import { terraformStackOf } from './resource-name';
import type { StepAccount } from './step-account';
import { checkTraining, maxWaitOf, type TrainingProps, TrainingRequest } from './training-request';
import type { WorkflowStep } from './workflow/source';
import { RUN_CUSTOM_JOB } from './workflow/subworkflows';

export type TrainingJobProps = TrainingProps;

/**
 * A step of the plan as a custom job of Vertex AI, with a service account of its own. What runs it is a
 * step of a workflow:
 *
 * ```ts
 * const train = new TrainingJob(stack, 'Train', { project, jobName: 'train', step: 'train', … });
 * train.grantRun('Workflow', runner.member);
 * ```
 */
export class TrainingJob extends Construct {
  readonly account: StepAccount;
  readonly machine: GoogleMachine;
  /** A step of a workflow; its result is the job as Vertex AI describes it. */
  readonly step: WorkflowStep;
  /** The same step on `machine`, then on each of the fallback machines, in their order. */
  readonly steps: readonly [WorkflowStep, ...WorkflowStep[]];
  private readonly props: TrainingJobProps;

  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`training job "${props.jobName}"`, checkTraining(props));
    this.props = props;
    const request = new TrainingRequest(this, props);
    this.account = request.account;
    [this.machine] = request.machines;
    this.steps = request.renderCalls(RUN_CUSTOM_JOB, (jobSpec) => ({ jobSpec }), maxWaitOf(props));
    [this.step] = this.steps;
  }

  /**
   * Allows running jobs of this construct, and waiting for them.
   *
   * @param id unique among the grants of this construct
   * @param member `serviceAccount:…`
   */
  grantRun(id: string, member: string): void {
    grantVertexJobs(this, this.props.project, member);
    this.account.grantActAs(id, member);
  }
}
