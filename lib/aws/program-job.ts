import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Duration, type Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { throwIssues } from '../issue';
import type { FunctionProgram, Json, MachineRequest } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { State } from './asl';
import type { ContainerImage } from './container-image';
import { DEFAULT_VOLUME_GIB, grantJobs, jobNamePrefix, stateTimeoutSeconds, uniqueJobName } from './job';
import { createSageMakerRole, grantPassToSageMaker, grantStore, grantTelemetry } from './job-role';
import { resolveMachine } from './machine';
import { bindNetwork, type NetworkProps } from './network';
import { grantProgram, grantSign, SIGNING_KEY } from './program-access';
import { commandIssues, programArguments, programEntrypoint } from './program-command';
import { DEFAULT_MODEL_SIZE, sizeProgram } from './program-size';
import type { StoreLocation, StoreLocations } from './store-location';

const TELEMETRY = '/aws/sagemaker/ProcessingJobs';

/** For the image of the container, beside what the program needs. */
const IMAGE_GIB = 5;
const MEBIBYTES_PER_GIBIBYTE = 1024;

export interface ProgramJobProps {
  readonly program: FunctionProgram;
  /** Names of its jobs begin with this: a–z, 0–9 and `-`. */
  readonly jobName: string;
  /** This library's server, as `containers/serving` builds it: it holds every artifact program. */
  readonly image: ContainerImage;
  readonly store: IArtifactStore;
  /** Id of the plan's step, for messages. */
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  /** Directories by the name the program knows them by; `metrics` is one of them. */
  readonly outputs: StoreLocations;
  /** What the model was trained on, told by its digest. @default - no digest is taken */
  readonly data?: StoreLocation;
  /** The job is stopped, and fails, after this time on its machine. */
  readonly timeout: Duration;
  /**
   * The most the model's files may have: memory and disk follow from it.
   * @default Size.mebibytes(400)
   */
  readonly modelSize?: Size;
  /** What the job needs, or the machine itself. @default - the smallest with memory for the model */
  readonly machine?: MachineRequest | AwsMachine;
  /** Size of the machine's disk, in GiB. @default - room for the model, at least 50 */
  readonly volumeGiB?: number;
  /** @default - a network of SageMaker's */
  readonly network?: NetworkProps;
  /** Signs what `register` publishes. @default - versions are not signed */
  readonly signingKey?: IKey;
}

/**
 * An artifact program as a SageMaker processing job: what a `ProgramFunction` does, for models that are too
 * large for a function. The job reads and writes the store itself, so outputs are written once here too.
 */
export class ProgramJob extends Construct {
  readonly role: Role;
  readonly machine: AwsMachine;
  /** The task of a state machine, without its `Next`. The program's answer is at `$.Payload`. */
  readonly state: State;
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: ProgramJobProps) {
    super(scope, id);
    throwIssues(`step "${props.step}"`, commandIssues(props));
    const { memory, ephemeralStorage } = sizeProgram(props, props.modelSize ?? DEFAULT_MODEL_SIZE);
    const room = Math.ceil(ephemeralStorage.toMebibytes() / MEBIBYTES_PER_GIBIBYTE) + IMAGE_GIB;
    const memoryGiB = Math.ceil(memory.toMebibytes() / MEBIBYTES_PER_GIBIBYTE);
    this.namePrefix = jobNamePrefix(props.jobName);
    this.machine = resolveMachine(props.machine ?? { memoryGiB }, 'processing', 'modelSize');
    this.role = createSageMakerRole(this, `Runs the program "${props.program}" in the step "${props.step}"`);
    grantTelemetry(this.role, TELEMETRY);
    grantStore(this.role, props.store, {}, {});
    grantProgram(this.role, props);
    if (props.signingKey) grantSign(this.role, props.signingKey);
    const volumeGiB = props.volumeGiB ?? Math.max(DEFAULT_VOLUME_GIB, room);
    this.state = this.renderState(props, volumeGiB);
  }

  /** Allows running jobs of this construct, and waiting for them. */
  grantRun(grantee: IGrantable): void {
    grantJobs(this, grantee, 'Processing', this.namePrefix);
    grantPassToSageMaker(this.role, grantee);
  }

  private renderState(props: ProgramJobProps, volumeGiB: number): State {
    const { image, network, signingKey, store, timeout } = props;
    const stack = Stack.of(this);
    const vpc = network && bindNetwork(this, network, this.role);
    return {
      Type: 'Task',
      Resource: `arn:${stack.partition}:states:::sagemaker:createProcessingJob.sync`,
      TimeoutSeconds: stateTimeoutSeconds(timeout.toSeconds()),
      Parameters: {
        'ProcessingJobName.$': uniqueJobName(this.namePrefix),
        RoleArn: this.role.roleArn,
        AppSpecification: {
          ImageUri: image.bind(this, this.role),
          ContainerEntrypoint: programEntrypoint(props),
          'ContainerArguments.$': programArguments(props),
        },
        Environment: {
          AWS_REGION: stack.region,
          ...(signingKey && { [SIGNING_KEY]: signingKey.keyArn }),
        },
        ProcessingResources: {
          ClusterConfig: {
            InstanceCount: 1,
            InstanceType: this.machine.name,
            VolumeSizeInGB: volumeGiB,
            ...(this.machine.localNvme ? {} : { VolumeKmsKeyId: store.encryptionKey.keyArn }),
          },
        },
        NetworkConfig: {
          // The program calls S3.
          EnableNetworkIsolation: false,
          EnableInterContainerTrafficEncryption: true,
          ...(vpc && { VpcConfig: { SecurityGroupIds: vpc.securityGroupIds, Subnets: vpc.subnets } }),
        },
        StoppingCondition: { MaxRuntimeInSeconds: timeout.toSeconds() },
      },
      ResultSelector: { 'Payload.$': 'States.StringToJson($.ExitMessage)' },
    };
  }
}
