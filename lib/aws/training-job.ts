import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { type Issue, issue, throwIssues } from '../issue';
import type { State } from './asl';
import { grantJobs, jobNamePrefix, stateTimeoutSeconds, uniqueJobName } from './job';
import { grantPassToSageMaker } from './job-role';
import { checkTraining, maxWaitOf, type TrainingProps, TrainingRequest } from './training-request';

export interface TrainingJobProps extends TrainingProps {
  /**
   * Keeps the machines after a job, at their price, so that the next one starts at once: up to an hour.
   * Not of spot capacity.
   * @default - none are kept
   */
  readonly warmPool?: Duration;
}

/** SageMaker's limit on `KeepAlivePeriodInSeconds`. */
const MAX_WARM_POOL = Duration.hours(1);

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
  /** The same task on each of the fallback machines, in their order. */
  readonly fallbackStates: readonly State[];
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: TrainingJobProps) {
    super(scope, id);
    throwIssues(`training job "${props.jobName}"`, [...checkTraining(props), ...checkWarmPool(props)]);
    this.namePrefix = jobNamePrefix(props.jobName);
    const request = new TrainingRequest(this, props);
    const [machine, ...fallbacks] = request.machines;
    this.role = request.role;
    this.machine = machine;
    this.state = this.renderState(props, request, machine);
    this.fallbackStates = fallbacks.map((fallback) => this.renderState(props, request, fallback));
  }

  /** Allows running jobs of this construct, and waiting for them. */
  grantRun(grantee: IGrantable): void {
    grantJobs(this, grantee, 'Training', this.namePrefix);
    grantPassToSageMaker(this.role, grantee);
  }

  private renderState(props: TrainingJobProps, request: TrainingRequest, machine: AwsMachine): State {
    const { code, machineCount = 1, step, warmPool } = props;
    return {
      Type: 'Task',
      Resource: `arn:${Stack.of(this).partition}:states:::sagemaker:createTrainingJob.sync`,
      TimeoutSeconds: stateTimeoutSeconds(maxWaitOf(props)),
      Parameters: {
        'TrainingJobName.$': uniqueJobName(this.namePrefix),
        RoleArn: this.role.roleArn,
        AlgorithmSpecification: {
          TrainingImage: request.imageUri,
          TrainingInputMode: 'File',
          ContainerEntrypoint: code.entrypoint('/opt/ml/input/data/code'),
          ContainerArguments: ['--step', step, '--kind', 'training'],
        },
        ResourceConfig: {
          InstanceCount: machineCount,
          InstanceType: machine.name,
          VolumeSizeInGB: request.volumeGiB,
          ...request.renderDiskKey([machine]),
          ...(warmPool && { KeepAlivePeriodInSeconds: warmPool.toSeconds() }),
        },
        ...request.render(),
        ...request.renderEnvironment([machine]),
      },
    };
  }
}

function checkWarmPool({ spot, warmPool }: TrainingJobProps): Issue[] {
  if (warmPool === undefined) return [];
  const seconds = warmPool.toSeconds();
  if (spot) {
    const fix = 'Leave `warmPool` or `spot` out.';
    return [issue('warm-pool', 'warmPool', 'keeps spot machines', fix)];
  }
  return seconds >= 1 && seconds <= MAX_WARM_POOL.toSeconds()
    ? []
    : [issue('warm-pool', 'warmPool', `is ${seconds} s`, 'Give 1 second to 1 hour.')];
}
