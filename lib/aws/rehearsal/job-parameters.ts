import { posix } from 'node:path';
import type { JobStep } from '../../pipeline';
import { parseS3Uri, s3Uri } from '../functions/s3-uri';

export type JobParameters = Readonly<Record<string, unknown>>;

/** Parameters of CreateProcessingJob, as far as a rehearsal reads them. */
export interface ProcessingParameters {
  readonly ProcessingInputs: readonly {
    readonly S3Input: { readonly S3Uri: string; readonly LocalPath: string };
  }[];
  readonly ProcessingOutputConfig: {
    readonly Outputs: readonly {
      readonly OutputName: string;
      readonly S3Output: { readonly S3Uri: string };
    }[];
  };
}

/** Parameters of CreateTrainingJob, as far as a rehearsal reads them. */
export interface TrainingParameters {
  readonly TrainingJobName: string;
  readonly InputDataConfig: readonly {
    readonly ChannelName: string;
    readonly DataSource: { readonly S3DataSource: { readonly S3Uri: string } };
  }[];
  readonly OutputDataConfig: { readonly S3OutputPath: string };
}

/** A job as it is told where to read and write. */
export interface Job {
  readonly step: JobStep;
  /** By their place among the inputs: an input's name, or a directory within it. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** What DescribeJob says in the end. */
  readonly description: object;
}

const INPUTS = '/opt/ml/processing/input';

export function processingJob(
  { ProcessingInputs, ProcessingOutputConfig }: ProcessingParameters,
  step: JobStep,
): Job {
  return {
    step,
    inputs: Object.fromEntries(
      ProcessingInputs.map(({ S3Input }) => [posix.relative(INPUTS, S3Input.LocalPath), S3Input.S3Uri]),
    ),
    outputs: Object.fromEntries(
      ProcessingOutputConfig.Outputs.map(({ OutputName, S3Output }) => [OutputName, S3Output.S3Uri]),
    ),
    description: {},
  };
}

/** SageMaker puts what a training job leaves into a directory named after the job. */
export function trainingJob(
  { InputDataConfig, OutputDataConfig, TrainingJobName }: TrainingParameters,
  step: JobStep,
): Job {
  const { bucket, prefix } = parseS3Uri(OutputDataConfig.S3OutputPath, 'output');
  const output = s3Uri(bucket, `${prefix}${TrainingJobName}/output/`);
  return {
    step,
    inputs: Object.fromEntries(
      InputDataConfig.map(({ ChannelName, DataSource }) => [ChannelName, DataSource.S3DataSource.S3Uri]),
    ),
    outputs: Object.fromEntries(
      step.outputs.map((name) => [name, name === 'model' ? `${output}model/` : `${output}data/${name}/`]),
    ),
    description: { ModelArtifacts: { S3ModelArtifacts: `${output}model/` } },
  };
}

/** The role that a call hands to SageMaker: of a model, of a job, of a tuning's trials. */
export function roleOf(parameters: JobParameters): string | undefined {
  const { ExecutionRoleArn, RoleArn, TrainingJobDefinition } = parameters as {
    ExecutionRoleArn?: string;
    RoleArn?: string;
    TrainingJobDefinition?: { RoleArn: string };
  };
  return ExecutionRoleArn ?? RoleArn ?? TrainingJobDefinition?.RoleArn;
}

/**
 * The step that a job was started for: `--step <id>` in the command of its container, a variable of those of
 * a tuning.
 */
export function stepOf(parameters: JobParameters): string {
  const { TrainingJobDefinition } = parameters as {
    TrainingJobDefinition?: { Environment?: { MODEL_PIPELINE_STEP?: string } };
  };
  const words = wordsOf(parameters);
  return TrainingJobDefinition?.Environment?.MODEL_PIPELINE_STEP ?? words[words.indexOf('--step') + 1] ?? '';
}

/** The command of a job's container. */
export function wordsOf(parameters: JobParameters): string[] {
  const { AlgorithmSpecification, AppSpecification } = parameters as Record<
    string,
    { ContainerEntrypoint?: string[]; ContainerArguments?: string[] } | undefined
  >;
  const { ContainerEntrypoint = [], ContainerArguments = [] } =
    AppSpecification ?? AlgorithmSpecification ?? {};
  return [...ContainerEntrypoint, ...ContainerArguments];
}
