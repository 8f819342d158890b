import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import type { ServingRuntime, Tolerance } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { checkContainerJob, ContainerJob } from './container-job';
import type { NetworkProps } from './network';
import { type Project, serviceAgent } from './project';
import { terraformStackOf } from './resource-name';
import { StepAccount } from './step-account';
import type { StoreLocation } from './store-location';
import { literal, value } from './workflow/expression';
import type { WorkflowStep } from './workflow/source';
import { RUN_PROGRAM } from './workflow/subworkflows';

const TIMEOUT_SECONDS = 600;
const RESOURCES = { cpu: 1, memoryGiB: 2 };

export interface SmokeTestProps {
  readonly project: Project;
  readonly store: IArtifactStore;
  /** This library's server, built from `containers/serving`. */
  readonly image: ContainerImage;
  /** Where requests are posted, as an expression of the workflow without its `${}`: `"\"https://…\""`. */
  readonly url: string;
  /** What requests carry: `identity` for Cloud Run, `access` for Vertex AI. */
  readonly token: 'identity' | 'access';
  readonly runtime: ServingRuntime;
  /** `golden/` of the version that was released; of a language model its `prompts.json`. */
  readonly samples: StoreLocation;
  /** Accepted difference between the endpoint's answers and the golden samples. */
  readonly tolerance: Tolerance;
  /** @default - reaches the internet and Google's services */
  readonly network?: NetworkProps;
}

/**
 * Sends the golden samples to an endpoint, or the prompts of a language model; an answer that differs, or
 * continues nothing, ends the step with an error. Its `account` must be allowed to call the endpoint.
 */
export class SmokeTest extends Construct {
  readonly account: StepAccount;
  readonly job: ContainerJob;
  /** A step of a workflow; its result is the execution as Cloud Run describes it. */
  readonly step: WorkflowStep;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    terraformStackOf(this);
    const { project, samples, store } = props;
    const job = { ...props, resources: RESOURCES, timeoutSeconds: TIMEOUT_SECONDS };
    throwIssues(`smoke test "${this.node.path}"`, checkContainerJob(job));
    this.account = new StepAccount(this, 'Account', { project, purpose: 'Tries what was released' });
    this.account.grantStore(store, { samples }, {});
    this.job = new ContainerJob(this, 'Job', {
      ...job,
      account: this.account,
      image: props.image.bind(this, [serviceAgent(project, 'run')]),
    });
    this.step = this.renderStep(props);
  }

  /**
   * Allows running it, and waiting for it.
   *
   * @param id unique among the grants of this construct
   * @param member `serviceAccount:…`
   */
  grantRun(id: string, member: string): void {
    this.job.grantRun(id, member);
  }

  private renderStep({ runtime, samples, store, token, tolerance, url }: SmokeTestProps): WorkflowStep {
    const { absolute, relative } = tolerance;
    return {
      call: RUN_PROGRAM,
      args: {
        name: this.job.jobName,
        args: [
          'smoke-test',
          value(`${literal(store.mountPath(''))} + ${samples.path}`),
          ...['--url', value(url)],
          ...['--runtime', runtime],
          ...['--token', token],
          ...(absolute === undefined ? [] : ['--absolute', String(absolute)]),
          ...(relative === undefined ? [] : ['--relative', String(relative)]),
        ],
        timeout: TIMEOUT_SECONDS,
      },
    };
  }
}
