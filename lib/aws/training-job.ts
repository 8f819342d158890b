import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { parameter, type State } from './asl';
import {
  DEFAULT_VOLUME_GIB,
  grantJobs,
  jobNamePrefix,
  type JobProps,
  stateTimeoutSeconds,
  uniqueJobName,
} from './job';
import { createSageMakerRole, grantPassToSageMaker, grantStore, grantTelemetry } from './job-role';
import { resolveMachine } from './machine';
import { bindNetwork, type VpcConfig } from './network';
import type { StoreLocation } from './store-location';

const TELEMETRY = '/aws/sagemaker/TrainingJobs';

export interface TrainingJobProps extends JobProps {
  /**
   * Where SageMaker puts what the job leaves behind, file by file: the model as
   * `<output>/<job>/output/model/`, its metrics as `<output>/<job>/output/data/metrics/`.
   */
  readonly output: StoreLocation;
}

/**
 * A step of the plan as a SageMaker training job, with a role of its own:
 *
 * ```ts
 * const train = new TrainingJob(this, 'Train', { jobName: 'train', step: 'train', … });
 * const task = new CustomState(this, 'RunTrain', { stateJson: train.state });
 * train.grantRun(stateMachine);
 * ```
 */
export class TrainingJob extends Construct {
  readonly role: Role;
  readonly machine: AwsMachine;
  /**
   * The task of a state machine, without its `Next`. Its result is what DescribeTrainingJob says:
   * the model is at `$.ModelArtifacts.S3ModelArtifacts`.
   */
  readonly state: State;
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    this.namePrefix = jobNamePrefix(props.jobName);
    this.machine = resolveMachine(props.machine, 'training');
    this.role = createSageMakerRole(this, `Runs the step "${props.step}"`);
    grantTelemetry(this.role, TELEMETRY);
    grantStore(this.role, props.store, props.inputs, { output: props.output });
    props.code.grantRead(this.role);
    const imageUri = props.image.bind(this, this.role);
    const vpc = props.network && bindNetwork(this, props.network, this.role);
    this.state = this.renderState(props, imageUri, vpc);
  }

  /** Allows running jobs of this construct, and waiting for them. */
  grantRun(grantee: IGrantable): void {
    grantJobs(this, grantee, 'Training', this.namePrefix);
    grantPassToSageMaker(this.role, grantee);
  }

  private renderState(props: TrainingJobProps, imageUri: string, vpc: VpcConfig | undefined): State {
    const { code, step, store, timeout, volumeGiB = DEFAULT_VOLUME_GIB } = props;
    const keyArn = store.encryptionKey.keyArn;
    const codeInput: StoreLocation = { uri: code.s3Uri, prefixes: [] };
    return {
      Type: 'Task',
      Resource: `arn:${Stack.of(this).partition}:states:::sagemaker:createTrainingJob.sync`,
      TimeoutSeconds: stateTimeoutSeconds(timeout),
      Parameters: {
        'TrainingJobName.$': uniqueJobName(this.namePrefix),
        RoleArn: this.role.roleArn,
        AlgorithmSpecification: {
          TrainingImage: imageUri,
          TrainingInputMode: 'File',
          ContainerEntrypoint: code.entrypoint('/opt/ml/input/data/code'),
          ContainerArguments: ['--step', step, '--kind', 'training'],
        },
        InputDataConfig: Object.entries({ ...props.inputs, code: codeInput }).map(renderChannel),
        OutputDataConfig: {
          ...parameter('S3OutputPath', props.output.uri),
          KmsKeyId: keyArn,
          CompressionType: 'NONE',
        },
        ResourceConfig: {
          InstanceCount: 1,
          InstanceType: this.machine.name,
          VolumeSizeInGB: volumeGiB,
          ...(this.machine.localNvme ? {} : { VolumeKmsKeyId: keyArn }),
        },
        EnableNetworkIsolation: code.offline,
        EnableInterContainerTrafficEncryption: true,
        ...(vpc && { VpcConfig: { SecurityGroupIds: vpc.securityGroupIds, Subnets: vpc.subnets } }),
        StoppingCondition: { MaxRuntimeInSeconds: timeout.toSeconds() },
      },
    };
  }
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
