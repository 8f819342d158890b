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
import type { StoreLocation, StoreLocations } from './store-location';

const TELEMETRY = '/aws/sagemaker/ProcessingJobs';
const DIRECTORY = '/opt/ml/processing';

export interface ProcessingJobProps extends JobProps {
  /** Directories by the name the program knows them by; uploaded when the job has ended. */
  readonly outputs: StoreLocations;
}

/**
 * A step of the plan as a SageMaker processing job, with a role of its own:
 *
 * ```ts
 * const evaluate = new ProcessingJob(this, 'Evaluate', { jobName: 'evaluate', step: 'evaluate', … });
 * const task = new CustomState(this, 'RunEvaluate', { stateJson: evaluate.state });
 * evaluate.grantRun(stateMachine);
 * ```
 */
export class ProcessingJob extends Construct {
  readonly role: Role;
  readonly machine: AwsMachine;
  /** The task of a state machine, without its `Next`. Its result is what DescribeProcessingJob says. */
  readonly state: State;
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: ProcessingJobProps) {
    super(scope, id);
    this.namePrefix = jobNamePrefix(props.jobName);
    this.machine = resolveMachine(props.machine, 'processing');
    this.role = createSageMakerRole(this, `Runs the step "${props.step}"`);
    grantTelemetry(this.role, TELEMETRY);
    grantStore(this.role, props.store, props.inputs, props.outputs);
    props.code.grantRead(this.role);
    const imageUri = props.image.bind(this, this.role);
    const vpc = props.network && bindNetwork(this, props.network, this.role);
    this.state = this.renderState(props, imageUri, vpc);
  }

  /** Allows running jobs of this construct, and waiting for them. */
  grantRun(grantee: IGrantable): void {
    grantJobs(this, grantee, 'Processing', this.namePrefix);
    grantPassToSageMaker(this.role, grantee);
  }

  private renderState(props: ProcessingJobProps, imageUri: string, vpc: VpcConfig | undefined): State {
    const { code, step, store, timeout, volumeGiB = DEFAULT_VOLUME_GIB } = props;
    const keyArn = store.encryptionKey.keyArn;
    const codeInput: StoreLocation = { uri: code.s3Uri, prefixes: [] };
    return {
      Type: 'Task',
      Resource: `arn:${Stack.of(this).partition}:states:::sagemaker:createProcessingJob.sync`,
      TimeoutSeconds: stateTimeoutSeconds(timeout.toSeconds()),
      Parameters: {
        'ProcessingJobName.$': uniqueJobName(this.namePrefix),
        RoleArn: this.role.roleArn,
        AppSpecification: {
          ImageUri: imageUri,
          ContainerEntrypoint: code.entrypoint(`${DIRECTORY}/input/code`),
          ContainerArguments: ['--step', step, '--kind', 'processing'],
        },
        ProcessingInputs: Object.entries({ ...props.inputs, code: codeInput }).map(renderInput),
        ProcessingOutputConfig: {
          KmsKeyId: keyArn,
          Outputs: Object.entries(props.outputs).map(renderOutput),
        },
        ProcessingResources: {
          ClusterConfig: {
            InstanceCount: 1,
            InstanceType: this.machine.name,
            VolumeSizeInGB: volumeGiB,
            ...(this.machine.localNvme ? {} : { VolumeKmsKeyId: keyArn }),
          },
        },
        NetworkConfig: {
          EnableNetworkIsolation: code.offline,
          EnableInterContainerTrafficEncryption: true,
          ...(vpc && { VpcConfig: { SecurityGroupIds: vpc.securityGroupIds, Subnets: vpc.subnets } }),
        },
        StoppingCondition: { MaxRuntimeInSeconds: timeout.toSeconds() },
      },
    };
  }
}

function renderInput([name, { uri }]: readonly [string, StoreLocation]): object {
  return {
    InputName: name,
    S3Input: {
      ...parameter('S3Uri', uri),
      LocalPath: `${DIRECTORY}/input/${name}`,
      S3DataType: 'S3Prefix',
      S3InputMode: 'File',
    },
  };
}

function renderOutput([name, { uri }]: readonly [string, StoreLocation]): object {
  return {
    OutputName: name,
    S3Output: {
      ...parameter('S3Uri', uri),
      LocalPath: `${DIRECTORY}/output/${name}`,
      S3UploadMode: 'EndOfJob',
    },
  };
}
