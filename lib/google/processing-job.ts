import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import type { CloudRunResources } from './cloud-run-resources';
import { checkContainerJob, ContainerJob } from './container-job';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import type { JobCode } from './job-code';
import type { NetworkProps } from './network';
import { type Project, serviceAgent } from './project';
import { terraformStackOf } from './resource-name';
import { StepAccount } from './step-account';
import type { StoreLocations } from './store-location';
import { storeArguments } from './workflow/arguments';
import type { WorkflowStep } from './workflow/source';
import { RUN_PROGRAM } from './workflow/subworkflows';

export interface ProcessingJobProps {
  readonly project: Project;
  readonly store: IArtifactStore;
  readonly code: JobCode;
  /** The plan's step that the code carries out. */
  readonly step: string;
  /** Runs `python3` 3.11 or later, and has what the step needs. */
  readonly image: ContainerImage;
  readonly resources: CloudRunResources;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  readonly outputs: StoreLocations;
  readonly timeoutSeconds: number;
  /** Further words of the command. @default [] */
  readonly words?: readonly string[];
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

/**
 * A step of the plan as a job of Cloud Run, with a service account of its own. What runs it is a step of
 * a workflow:
 *
 * ```ts
 * const evaluate = new ProcessingJob(stack, 'Evaluate', { project, step: 'evaluate', … });
 * evaluate.grantRun('Workflow', runner.member);
 * ```
 */
export class ProcessingJob extends Construct {
  readonly account: StepAccount;
  readonly job: ContainerJob;
  /** A step of a workflow; its result is the execution as Cloud Run describes it. */
  readonly step: WorkflowStep;
  /** The step alone: Cloud Run picks the machine. */
  readonly steps: readonly [WorkflowStep];

  constructor(scope: Construct, id: string, props: ProcessingJobProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`processing job "${this.node.path}"`, checkContainerJob(props));
    const { code, inputs, outputs, project, store, timeoutSeconds } = props;
    this.account = new StepAccount(this, 'Account', { project, purpose: `Runs the step "${props.step}"` });
    this.account.grantStore(store, { ...inputs, code: code.location }, outputs);
    this.job = new ContainerJob(this, 'Job', {
      project,
      store,
      account: this.account,
      image: props.image.bind(this, [serviceAgent(project, 'run')]),
      command: code.command,
      resources: props.resources,
      timeoutSeconds,
      network: props.network,
    });
    this.step = {
      call: RUN_PROGRAM,
      args: {
        name: this.job.jobName,
        args: ['--step', props.step, ...storeArguments(store, { inputs, outputs }), ...(props.words ?? [])],
        timeout: timeoutSeconds,
      },
    };
    this.steps = [this.step];
  }

  /** Allows running it, and waiting for it. */
  grantRun(id: string, member: string): void {
    this.job.grantRun(id, member);
  }
}
