import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { throwIssues } from '../issue';
import type { Tuning, TuningRange } from '../pipeline';
import type { State } from './asl';
import { grantJobs, stateTimeoutSeconds, uniqueJobName } from './job';
import { grantPassToSageMaker } from './job-role';
import { shortName } from '../names';
import { checkTraining, maxWaitOf, type TrainingProps, TrainingRequest } from './training-request';
import { checkTuning } from './tuning-limits';

export interface TuningJobProps extends TrainingProps {
  /** What is searched, and by which metric of those that `train` returns. */
  readonly tuning: Tuning;
}

/** A tuning's name has at most 32 characters, 13 of which make it its own. */
const MAX_NAME_PREFIX = 19;
/** Tries of a trial after SageMaker failed it. */
const TRIAL_RETRIES = 2;
const ENTRY_CHANNEL = 'entry';

/**
 * A search for hyperparameters as a SageMaker tuning job: as many training jobs as it has trials, with
 * one role. The container's own toolkit starts them, as AWS' containers do.
 *
 * ```ts
 * const tune = new TuningJob(this, 'Tune', { jobName: 'tune', step: 'tune', tuning: { … }, … });
 * const task = new CustomState(this, 'RunTune', { stateJson: tune.state });
 * tune.grantRun(stateMachine);
 * ```
 */
export class TuningJob extends Construct {
  readonly role: Role;
  readonly machine: AwsMachine;
  /**
   * The task of a state machine, without its `Next`. Its result is what DescribeHyperParameterTuningJob
   * says: the best trial is `$.BestTrainingJob.TrainingJobName`, and its model is at
   * `<output>/<that name>/output/model/`.
   */
  readonly state: State;
  private readonly namePrefix: string;

  constructor(scope: Construct, id: string, props: TuningJobProps) {
    super(scope, id);
    throwIssues(`tuning job "${props.jobName}"`, [...checkTraining(props), ...checkTuning(props.tuning)]);
    this.namePrefix = shortName(props.jobName, MAX_NAME_PREFIX);
    const request = new TrainingRequest(this, props);
    this.role = request.role;
    props.code.grantReadTuningEntry(this.role);
    [this.machine] = request.machines;
    this.state = this.renderState(props, request);
  }

  /** Allows running tunings of this construct, and waiting for them. */
  grantRun(grantee: IGrantable): void {
    grantJobs(this, grantee, 'HyperParameterTuning', this.namePrefix);
    grantPassToSageMaker(this.role, grantee);
  }

  private renderState(props: TuningJobProps, request: TrainingRequest): State {
    const { trials, parallelTrials = 1, warmStart } = props.tuning;
    const turns = Math.ceil(trials / parallelTrials);
    return {
      Type: 'Task',
      Resource: `arn:${Stack.of(this).partition}:states:::sagemaker:createHyperParameterTuningJob.sync`,
      TimeoutSeconds: turns * stateTimeoutSeconds(maxWaitOf(props)),
      Parameters: {
        'HyperParameterTuningJobName.$': uniqueJobName(this.namePrefix),
        HyperParameterTuningJobConfig: renderSearch(props.tuning),
        TrainingJobDefinition: this.renderTrial(props, request),
        ...(warmStart && {
          WarmStartConfig: {
            ParentHyperParameterTuningJobs: warmStart.jobs.map((name) => ({
              HyperParameterTuningJobName: name,
            })),
            WarmStartType: warmStart.sameDataAndCode ? 'IdenticalDataAndAlgorithm' : 'TransferLearning',
          },
        }),
      },
    };
  }

  private renderTrial(props: TuningJobProps, request: TrainingRequest): object {
    const { code, machineCount = 1, step, tuning } = props;
    const { machines } = request;
    const entry = code.tuningEntry();
    return {
      StaticHyperParameters: {
        sagemaker_program: entry.fileName,
        sagemaker_submit_directory: `/opt/ml/input/data/${ENTRY_CHANNEL}`,
      },
      RoleArn: this.role.roleArn,
      AlgorithmSpecification: {
        TrainingImage: request.imageUri,
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: tuning.objective, Regex: objectivePattern(tuning.objective) }],
      },
      ...renderResources(request, machineCount),
      RetryStrategy: { MaximumRetryAttempts: TRIAL_RETRIES },
      ...request.render({ [ENTRY_CHANNEL]: { uri: entry.s3Uri, prefixes: [] } }),
      ...request.renderEnvironment(machines, { MODEL_PIPELINE_STEP: step }),
    };
  }
}

/** SageMaker itself goes on to the next machine, trial by trial. */
function renderResources(request: TrainingRequest, machineCount: number): object {
  const { machines, volumeGiB } = request;
  const [first, ...rest] = machines.map(({ name }) => ({
    InstanceType: name,
    InstanceCount: machineCount,
    VolumeSizeInGB: volumeGiB,
  }));
  const key = request.renderDiskKey(machines);
  if (rest.length === 0) return { ResourceConfig: { ...first, ...key } };
  return {
    HyperParameterTuningResourceConfig: {
      AllocationStrategy: 'Prioritized',
      InstanceConfigs: [first, ...rest],
      ...key,
    },
  };
}

function renderSearch(tuning: Tuning): object {
  const { earlyStopping = 'off', goal, objective, parallelTrials = 1, ranges, trials } = tuning;
  return {
    Strategy: 'Bayesian',
    RandomSeed: 0,
    HyperParameterTuningJobObjective: {
      Type: goal === 'maximize' ? 'Maximize' : 'Minimize',
      MetricName: objective,
    },
    ResourceLimits: { MaxNumberOfTrainingJobs: trials, MaxParallelTrainingJobs: parallelTrials },
    ParameterRanges: {
      ContinuousParameterRanges: rangesOf(ranges, 'continuous'),
      IntegerParameterRanges: rangesOf(ranges, 'integer'),
      CategoricalParameterRanges: rangesOf(ranges, 'categorical'),
    },
    TrainingJobEarlyStoppingType: earlyStopping === 'auto' ? 'Auto' : 'Off',
  };
}

function rangesOf(ranges: Tuning['ranges'], kind: TuningRange['kind']): object[] {
  return Object.entries(ranges)
    .filter(([, range]) => range.kind === kind)
    .map(([name, range]) => {
      if (range.kind === 'categorical') return { Name: name, Values: range.values };
      return {
        Name: name,
        MinValue: String(range.min),
        MaxValue: String(range.max),
        ScalingType: range.scale === 'log' ? 'Logarithmic' : 'Linear',
      };
    });
}

/** Finds a metric in a program's line of progress; SageMaker takes what the group holds, last of all lines. */
function objectivePattern(metric: string): string {
  const name = metric.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `"metrics": \\{[^}]*"${name}": ([-+0-9.eE]+)`;
}
