import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import type { MachineRequest } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import type { JobCode } from './job-code';
import { renderMachine, resolveMachine } from './machine';
import type { NetworkProps } from './network';
import { type Project, serviceAgent } from './project';
import { StepAccount } from './step-account';
import type { StoreLocation, StoreLocations } from './store-location';
import { storeArguments } from './workflow/arguments';
import { literal, value } from './workflow/expression';
import type { WorkflowStep } from './workflow/source';
import { RUN_CUSTOM_JOB } from './workflow/subworkflows';

const DEFAULT_VOLUME_GIB = 100;

export interface TrainingJobProps {
  readonly project: Project;
  /** Its jobs are shown under this name: a–z, 0–9 and `-`. */
  readonly jobName: string;
  readonly store: IArtifactStore;
  readonly code: JobCode;
  /** The plan's step that the code carries out. */
  readonly step: string;
  /** Runs `python3` 3.11 or later, and has the framework. */
  readonly image: ContainerImage;
  /** What the job needs, or the machine itself. */
  readonly machine: MachineRequest | GoogleMachine;
  /** Machines that run it together. @default 1 */
  readonly machines?: number;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  readonly outputs: StoreLocations;
  /** Where the program keeps its state between tries. @default - it keeps none */
  readonly checkpoints?: StoreLocation;
  /** The job is stopped, and fails, after this time on its machines. */
  readonly timeoutSeconds: number;
  /** `spot` machines cost less and may be taken away. @default "on-demand" */
  readonly capacity?: 'on-demand' | 'spot';
  /** Size of each machine's disk, in GiB. @default 100 */
  readonly volumeGiB?: number;
  /** @default - a network of Vertex AI's */
  readonly network?: NetworkProps;
}

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
  private readonly props: TrainingJobProps;

  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    this.props = props;
    const { code, inputs, outputs, project, store } = props;
    this.machine = resolveMachine(props.machine, 'training');
    this.account = new StepAccount(this, 'Account', { project, purpose: `Runs the step "${props.step}"` });
    this.account.grantStore(store, inputs, outputs);
    if (props.checkpoints) store.grantKeep(this.node.path, this.account.member, props.checkpoints.prefixes);
    code.grantRead(this.node.path, this.account.member);
    const image = props.image.bind(this, [this.account.member, serviceAgent(project, 'aiplatform')]);
    this.step = this.renderStep(image);
  }

  /** Allows running jobs of this construct, and waiting for them. */
  grantRun(id: string, member: string): void {
    const { project } = this.props;
    // Vertex AI has no role for custom jobs alone; jobs run only as accounts that the member may act as.
    new ProjectIamMember(this, `Run${id}`, { project: project.id, role: 'roles/aiplatform.user', member });
    this.account.grantActAs(id, member);
  }

  private renderStep(imageUri: string): WorkflowStep {
    const { jobName, project, store } = this.props;
    return {
      call: RUN_CUSTOM_JOB,
      args: {
        parent: `projects/${project.id}/locations/${project.region}`,
        region: project.region,
        body: {
          displayName: jobName,
          encryptionSpec: { kmsKeyName: store.keyName },
          labels: { step: this.props.step },
          jobSpec: {
            workerPoolSpecs: this.renderPools(imageUri),
            scheduling: this.renderScheduling(),
            serviceAccount: this.account.email,
            ...(this.props.network && { network: this.props.network.network }),
            baseOutputDirectory: { outputUriPrefix: store.uri('vertex/') },
          },
        },
      },
    };
  }

  /** One machine leads, the others make a pool of their own: that is how Vertex AI counts them. */
  private renderPools(imageUri: string): object[] {
    const { machines = 1, volumeGiB = DEFAULT_VOLUME_GIB } = this.props;
    const pool = (replicaCount: number) => ({
      machineSpec: renderMachine(this.machine),
      replicaCount: String(replicaCount),
      diskSpec: { bootDiskType: 'pd-ssd', bootDiskSizeGb: volumeGiB },
      containerSpec: {
        imageUri,
        command: this.props.code.command,
        args: this.renderArguments(),
      },
    });
    return machines === 1 ? [pool(1)] : [pool(1), pool(machines - 1)];
  }

  private renderArguments(): string[] {
    const { checkpoints, inputs, outputs, step, store } = this.props;
    return [
      ...['--step', step],
      ...storeArguments(store, { inputs, outputs }),
      ...(checkpoints
        ? ['--checkpoints', value(`${literal(store.mountPath(''))} + ${checkpoints.path}`)]
        : []),
    ];
  }

  private renderScheduling(): object {
    const { capacity = 'on-demand', timeoutSeconds } = this.props;
    return {
      timeout: `${timeoutSeconds}s`,
      strategy: capacity === 'spot' ? 'SPOT' : 'STANDARD',
      restartJobOnWorkerRestart: false,
      // Trying again is the workflow's to decide.
      disableRetries: true,
    };
  }
}
