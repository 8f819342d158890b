import type { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import { type Issue, issue } from '../issue';
import type { MachineRequest } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import type { JobCode } from './job-code';
import { renderMachine, resolveMachine } from './machine';
import { checkNetwork, type NetworkProps } from './network';
import { checkProject, type Project, serviceAgent } from './project';
import { StepAccount } from './step-account';
import type { StoreLocation, StoreLocations } from './store-location';
import { storeArguments } from './workflow/arguments';
import { literal, value } from './workflow/expression';
import type { WorkflowStep } from './workflow/source';

/** What a training job and the trials of a tuning have in common. */
export interface TrainingProps {
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
  /** Machines to run on, in this order, where `machine` has no capacity. At most 5. @default [] */
  readonly fallbackMachines?: readonly (MachineRequest | GoogleMachine)[];
  /** Machines that run the program together. @default 1 */
  readonly machineCount?: number;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  /** Directories by the name the program knows them by; `metrics` is one of them. */
  readonly outputs: StoreLocations;
  /** Where the program keeps its state between tries. @default - it keeps none */
  readonly checkpoints?: StoreLocation;
  /** The job is stopped, and fails, after this time on its machines. */
  readonly timeoutSeconds: number;
  /** `spot` machines cost less and may be taken away; needs `checkpoints`. @default "on-demand" */
  readonly capacity?: 'on-demand' | 'spot';
  /** Seconds to wait for spot machines and to run, together; at least the timeout. @default - twice the timeout */
  readonly maxWaitSeconds?: number;
  /** Size of each machine's disk, in GiB: 100 to 64,000. @default 100 */
  readonly volumeGiB?: number;
  /** @default - a network of Vertex AI's */
  readonly network?: NetworkProps;
}

const MAX_FALLBACKS = 5;
/** https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/DiskSpec */
const DISK_GIB = { min: 100, max: 64_000 };

/** What keeps a training from being started, or from coming to its end. */
export function checkTraining(props: TrainingProps): Issue[] {
  const { capacity, checkpoints, jobName, machineCount = 1, timeoutSeconds } = props;
  const { fallbackMachines = [], volumeGiB = DISK_GIB.min } = props;
  const issues = [...checkProject(props.project), ...checkNetwork(props.network)];
  const report = (code: string, path: string, message: string, fix: string) => {
    issues.push(issue(code, path, message, fix));
  };
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(jobName)) {
    report('job-name', 'jobName', `is "${jobName}"`, 'Give 1 to 63 of a–z, 0–9 and "-".');
  }
  if (capacity === 'spot' && !checkpoints) {
    const message = 'is "spot" without checkpoints: a machine that is taken away takes the training with it';
    report('spot-checkpoints', 'capacity', message, 'Pass `checkpoints`, or leave `capacity` out.');
  }
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1) {
    report('job-timeout', 'timeoutSeconds', `is ${timeoutSeconds}`, 'Give a whole number from 1.');
  }
  if (capacity === 'spot' && maxWaitOf(props) < timeoutSeconds) {
    const message = `is ${maxWaitOf(props)} s, below the ${timeoutSeconds} s that a job may run`;
    report('spot-wait', 'maxWaitSeconds', message, 'Raise it, or lower `timeoutSeconds`.');
  }
  if (!Number.isInteger(machineCount) || machineCount < 1) {
    report('machine-count', 'machineCount', `is ${machineCount}`, 'Give a whole number from 1.');
  }
  if (fallbackMachines.length > MAX_FALLBACKS) {
    const fix = `Name at most ${MAX_FALLBACKS}.`;
    report('machine-fallback', 'fallbackMachines', `has ${fallbackMachines.length}`, fix);
  }
  if (!Number.isInteger(volumeGiB) || volumeGiB < DISK_GIB.min || volumeGiB > DISK_GIB.max) {
    const fix = `Give a whole number from ${DISK_GIB.min} to ${DISK_GIB.max}.`;
    report('volume-size', 'volumeGiB', `is ${volumeGiB}`, fix);
  }
  return issues;
}

/** Seconds to wait for machines and to run; 0 where the timeout alone ends a job. */
export function maxWaitOf({ capacity, maxWaitSeconds, timeoutSeconds }: TrainingProps): number {
  return capacity === 'spot' ? (maxWaitSeconds ?? 2 * timeoutSeconds) : 0;
}

/** The account of a training, its machines, and the calls that run it there. */
export class TrainingRequest {
  readonly account: StepAccount;
  /** The first choice, then the fallbacks. */
  readonly machines: readonly [GoogleMachine, ...GoogleMachine[]];
  private readonly imageUri: string;

  constructor(
    scope: Construct,
    private readonly props: TrainingProps,
  ) {
    const { checkpoints, code, fallbackMachines = [], image, inputs, outputs, project, step, store } = props;
    this.machines = [
      resolveMachine(props.machine, 'training'),
      ...fallbackMachines.map((machine, index) =>
        resolveMachine(machine, 'training', `fallbackMachines[${index}]`),
      ),
    ];
    this.account = new StepAccount(scope, 'Account', { project, purpose: `Runs the step "${step}"` });
    this.account.grantStore(store, { ...inputs, code: code.location }, outputs);
    if (checkpoints) this.account.grantKeep(store, checkpoints);
    this.imageUri = image.bind(scope, [this.account.member, serviceAgent(project, 'aiplatform')]);
  }

  /**
   * A call of a subworkflow for each machine.
   *
   * @param body what its body says beside the job's name and key
   * @param maxSeconds to wait for machines and to run; 0 without an end
   */
  renderCalls(
    call: string,
    body: (spec: object) => object,
    maxSeconds: number,
  ): [WorkflowStep, ...WorkflowStep[]] {
    const { jobName, project, step, store } = this.props;
    const render = (machine: GoogleMachine) => ({
      call,
      args: {
        parent: `projects/${project.id}/locations/${project.region}`,
        region: project.region,
        body: {
          displayName: jobName,
          encryptionSpec: { kmsKeyName: store.keyName },
          labels: { step },
          ...body(this.renderSpec(machine)),
        },
        max_seconds: maxSeconds,
      },
    });
    const [first, ...others] = this.machines;
    return [render(first), ...others.map(render)];
  }

  /** `CustomJobSpec` of Vertex AI, with expressions of the workflow. */
  private renderSpec(machine: GoogleMachine): object {
    const { capacity, network, timeoutSeconds } = this.props;
    return {
      workerPoolSpecs: this.renderPools(machine),
      scheduling: {
        timeout: `${timeoutSeconds}s`,
        strategy: capacity === 'spot' ? 'SPOT' : 'STANDARD',
        restartJobOnWorkerRestart: false,
        // Trying again is the workflow's to decide.
        disableRetries: true,
      },
      serviceAccount: this.account.email,
      ...(network && { network: network.network }),
    };
  }

  /** One machine leads, the others make a pool of their own: that is how Vertex AI counts them. */
  private renderPools(machine: GoogleMachine): object[] {
    const { code, machineCount = 1, volumeGiB = DISK_GIB.min } = this.props;
    const pool = (replicaCount: number) => ({
      machineSpec: renderMachine(machine),
      replicaCount: String(replicaCount),
      diskSpec: { bootDiskType: 'pd-ssd', bootDiskSizeGb: volumeGiB },
      containerSpec: { imageUri: this.imageUri, command: code.command, args: this.renderArguments() },
    });
    return machineCount === 1 ? [pool(1)] : [pool(1), pool(machineCount - 1)];
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
}
