import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { type Issue, issue } from '../issue';
import type { MachineRequest } from '../pipeline';
import { parameter } from './asl';
import { DEFAULT_VOLUME_GIB, type JobProps } from './job';
import { createSageMakerRole, grantStore, grantTelemetry } from './job-role';
import { resolveMachine } from './machine';
import { bindNetwork } from './network';
import type { StoreLocation, StoreLocations } from './store-location';

/** What a training job and the jobs of a tuning have in common. */
export interface TrainingProps extends JobProps {
  /**
   * Where SageMaker puts what a job leaves behind, file by file: the model as
   * `<output>/<job>/output/model/`, its metrics as `<output>/<job>/output/data/metrics/`.
   */
  readonly output: StoreLocation;
  /**
   * Holds what the program has in `/opt/ml/checkpoints`, while it runs and when it starts again.
   * @default - what an interrupted job had is lost
   */
  readonly checkpoints?: StoreLocation;
  /** Interruptible capacity at a lower price; needs `checkpoints`. @default - on-demand capacity */
  readonly spot?: SpotOptions;
  /** Machines that run the program together. @default 1 */
  readonly machineCount?: number;
  /** Machines to run on, in this order, where `machine` has no capacity. At most 5. @default [] */
  readonly fallbackMachines?: readonly (MachineRequest | AwsMachine)[];
}

export interface SpotOptions {
  /** To wait for machines and to run, together; at least the job's timeout. @default - twice the timeout */
  readonly maxWait?: Duration;
}

const MAX_FALLBACKS = 5;
const TELEMETRY = '/aws/sagemaker/TrainingJobs';

/** What keeps a training from being started, or from coming to its end. */
export function checkTraining(props: TrainingProps): Issue[] {
  const { checkpoints, fallbackMachines = [], machineCount = 1, spot, timeout } = props;
  const issues: Issue[] = [];
  if (spot && !checkpoints) {
    const message = 'is set without checkpoints: a machine that is taken away takes the training with it';
    issues.push(issue('spot-checkpoints', 'spot', message, 'Pass `checkpoints`, or leave `spot` out.'));
  }
  if (maxWaitOf(props) < timeout.toSeconds()) {
    const message = `is ${maxWaitOf(props)} s, below the ${timeout.toSeconds()} s that a job may run`;
    issues.push(issue('spot-wait', 'spot.maxWait', message, 'Raise it, or lower `timeout`.'));
  }
  if (!Number.isInteger(machineCount) || machineCount < 1) {
    issues.push(issue('machine-count', 'machineCount', `is ${machineCount}`, 'Give a whole number from 1.'));
  }
  if (fallbackMachines.length > MAX_FALLBACKS) {
    const fix = `Name at most ${MAX_FALLBACKS}.`;
    issues.push(issue('machine-fallback', 'fallbackMachines', `has ${fallbackMachines.length}`, fix));
  }
  return issues;
}

/** The role of a training, and what the requests for it have in common on every machine. */
export class TrainingRequest {
  readonly role: Role;
  /** The first choice, then the fallbacks. */
  readonly machines: readonly [AwsMachine, ...AwsMachine[]];
  readonly imageUri: string;
  private readonly vpc: object;

  constructor(
    scope: Construct,
    private readonly props: TrainingProps,
  ) {
    const { checkpoints, fallbackMachines = [], image, inputs, network, output, step, store } = props;
    const resolve = (machine: MachineRequest | AwsMachine, path: string) =>
      resolveMachine(machine, 'training', path);
    this.machines = [
      resolve(props.machine, 'machine'),
      ...fallbackMachines.map((machine, index) => resolve(machine, `fallbackMachines[${index}]`)),
    ];
    this.role = createSageMakerRole(scope, `Runs the step "${step}"`);
    grantTelemetry(this.role, TELEMETRY);
    const kept: StoreLocations = checkpoints ? { checkpoints } : {};
    grantStore(this.role, store, { ...inputs, ...kept }, { output, ...kept });
    props.code.grantRead(this.role);
    this.imageUri = image.bind(scope, this.role);
    const vpc = network && bindNetwork(scope, network, this.role, props.machineCount);
    this.vpc = vpc ? { VpcConfig: { SecurityGroupIds: vpc.securityGroupIds, Subnets: vpc.subnets } } : {};
  }

  /** Wherever it runs. */
  render(channels: StoreLocations = {}): Readonly<Record<string, unknown>> {
    const { checkpoints, code, inputs, output, spot, store, timeout } = this.props;
    const codeInput: StoreLocation = { uri: code.s3Uri, prefixes: [] };
    return {
      InputDataConfig: Object.entries({ ...inputs, code: codeInput, ...channels }).map(renderChannel),
      OutputDataConfig: {
        ...parameter('S3OutputPath', output.uri),
        KmsKeyId: store.encryptionKey.keyArn,
        CompressionType: 'NONE',
      },
      ...(checkpoints && { CheckpointConfig: parameter('S3Uri', checkpoints.uri) }),
      EnableNetworkIsolation: code.offline,
      EnableInterContainerTrafficEncryption: true,
      EnableManagedSpotTraining: spot !== undefined,
      ...this.vpc,
      StoppingCondition: {
        MaxRuntimeInSeconds: timeout.toSeconds(),
        ...(spot && { MaxWaitTimeInSeconds: maxWaitOf(this.props) }),
      },
    };
  }

  get volumeGiB(): number {
    return this.props.volumeGiB ?? DEFAULT_VOLUME_GIB;
  }

  /** Machines with NVMe storage encrypt it with a key of their own, and take no other. */
  renderDiskKey(machines: readonly AwsMachine[]): object {
    if (machines.some(({ localNvme }) => localNvme)) return {};
    return { VolumeKmsKeyId: this.props.store.encryptionKey.keyArn };
  }

  /** NCCL talks to other machines over EFA where all of them have it. */
  renderEnvironment(
    machines: readonly AwsMachine[],
    variables: Readonly<Record<string, string>> = {},
  ): object {
    const { machineCount = 1 } = this.props;
    const fabric = machineCount > 1 && machines.every(({ accelerators, efa }) => efa && accelerators > 0);
    const all = { ...variables, ...(fabric && { FI_PROVIDER: 'efa' }) };
    return Object.keys(all).length > 0 ? { Environment: all } : {};
  }
}

/** Seconds until a job has ended, waiting for its machine included where it waits for spot capacity. */
export function maxWaitOf({ spot, timeout }: Pick<TrainingProps, 'spot' | 'timeout'>): number {
  if (spot === undefined) return timeout.toSeconds();
  return spot.maxWait?.toSeconds() ?? 2 * timeout.toSeconds();
}

function renderChannel([name, { uri }]: readonly [string, StoreLocation]): object {
  return {
    ChannelName: name,
    InputMode: 'File',
    DataSource: {
      S3DataSource: {
        ...parameter('S3Uri', uri),
        S3DataType: 'S3Prefix',
        S3DataDistributionType: 'FullyReplicated',
      },
    },
  };
}
