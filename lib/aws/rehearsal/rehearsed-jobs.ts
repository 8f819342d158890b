import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobStep, Plan } from '../../pipeline';
import type { ProgramRequest } from '../../program';
import { parseS3Uri, s3Uri } from '../functions/s3-uri';
import type { FakeS3, Guard } from './fake-s3';
import { failure } from './interpreter';
import type { ProgramCache } from '../../rehearsal/program-cache';

/** Carries out a stage program: fills the directories of its outputs, or throws why it failed. */
export type ProgramRunner = (request: ProgramRequest, step: JobStep) => Promise<void>;

interface ProcessingParameters {
  readonly ProcessingInputs: readonly {
    readonly InputName: string;
    readonly S3Input: { readonly S3Uri: string };
  }[];
  readonly ProcessingOutputConfig: {
    readonly Outputs: readonly {
      readonly OutputName: string;
      readonly S3Output: { readonly S3Uri: string };
    }[];
  };
}

interface TrainingParameters {
  readonly TrainingJobName: string;
  readonly InputDataConfig: readonly {
    readonly ChannelName: string;
    readonly DataSource: { readonly S3DataSource: { readonly S3Uri: string } };
  }[];
  readonly OutputDataConfig: { readonly S3OutputPath: string };
}

type JobParameters = Readonly<Record<string, unknown>> & { readonly RoleArn?: string };

/** A job as it is told where to read and write. */
interface Job {
  readonly step: JobStep;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** What DescribeJob says in the end. */
  readonly description: object;
}

export interface RehearsedJobsProps {
  readonly plan: Plan;
  /** Directory of the user's code. */
  readonly source: string;
  /** For the directories of programs. */
  readonly directory: string;
  readonly cache: ProgramCache;
  readonly run: ProgramRunner;
}

/** The jobs of a plan. */
export class RehearsedJobs {
  constructor(private readonly props: RehearsedJobsProps) {}

  /**
   * @param guard judges accesses in the name of the job's role
   * @param alter changes what the program wrote
   */
  async answer(
    action: string,
    parameters: JobParameters,
    s3: FakeS3,
    guard: Guard,
    alter: (step: JobStep, outputs: ProgramRequest['outputs']) => ProgramRequest['outputs'],
  ): Promise<unknown> {
    const job = action.includes('Training')
      ? this.trainingJob(parameters as unknown as TrainingParameters, stepArgument(parameters))
      : this.processingJob(parameters as unknown as ProcessingParameters, stepArgument(parameters));
    useCheckpoints(parameters, guard);
    const directory = mkdtempSync(join(this.props.directory, `${job.step.id}-`));
    try {
      const outputs = alter(job.step, await this.carryOut(job, directory, s3, guard));
      for (const [name, uri] of Object.entries(job.outputs)) {
        const { bucket, prefix } = parseS3Uri(uri, name);
        guard('s3:PutObject', bucket, `${prefix}file`);
        s3.putDirectory(outputs[name] ?? '', bucket, prefix);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    return { ...parameters, ...job.description };
  }

  private async carryOut(
    { step, inputs }: Job,
    directory: string,
    s3: FakeS3,
    guard: Guard,
  ): Promise<ProgramRequest['outputs']> {
    const directories: Record<string, string> = {};
    for (const [name, uri] of Object.entries(inputs)) {
      const { bucket, prefix } = parseS3Uri(uri, name);
      if (!(name in step.inputs)) {
        // The code: one object.
        guard('s3:ListBucket', bucket, prefix.slice(0, -1));
        guard('s3:GetObject', bucket, prefix.slice(0, -1));
        continue;
      }
      guard('s3:ListBucket', bucket, prefix);
      guard('s3:GetObject', bucket, `${prefix}file`);
      directories[name] = join(directory, 'inputs', name);
      s3.copyTo(directories[name], bucket, prefix);
    }
    const outputs = Object.fromEntries(step.outputs.map((name) => [name, join(directory, 'outputs', name)]));
    for (const output of Object.values(outputs)) mkdirSync(output, { recursive: true });
    const { id, parameters, program } = step;
    const request = { schemaVersion: 1, program, step: id, parameters, source: this.props.source } as const;
    await this.props.cache
      .run({ ...request, inputs: directories, outputs }, (full) => this.props.run(full, step))
      .catch((error: unknown) => {
        const cause = error instanceof Error ? error.message : String(error);
        throw failure('States.TaskFailed', JSON.stringify({ FailureReason: `AlgorithmError: ${cause}` }));
      });
    return outputs;
  }

  private processingJob(
    { ProcessingInputs, ProcessingOutputConfig }: ProcessingParameters,
    step: string,
  ): Job {
    return {
      step: this.step(step),
      inputs: Object.fromEntries(
        ProcessingInputs.map(({ InputName, S3Input }) => [InputName, S3Input.S3Uri]),
      ),
      outputs: Object.fromEntries(
        ProcessingOutputConfig.Outputs.map(({ OutputName, S3Output }) => [OutputName, S3Output.S3Uri]),
      ),
      description: {},
    };
  }

  /** SageMaker puts what a training job leaves into a directory named after the job. */
  private trainingJob(parameters: TrainingParameters, step: string): Job {
    const { InputDataConfig, OutputDataConfig, TrainingJobName } = parameters;
    const { bucket, prefix } = parseS3Uri(OutputDataConfig.S3OutputPath, 'output');
    const output = s3Uri(bucket, `${prefix}${TrainingJobName}/output/`);
    const { outputs } = this.step(step);
    return {
      step: this.step(step),
      inputs: Object.fromEntries(
        InputDataConfig.map(({ ChannelName, DataSource }) => [ChannelName, DataSource.S3DataSource.S3Uri]),
      ),
      outputs: Object.fromEntries(
        outputs.map((name) => [name, name === 'model' ? `${output}model/` : `${output}data/${name}/`]),
      ),
      description: { ModelArtifacts: { S3ModelArtifacts: `${output}model/` } },
    };
  }

  private step(id: string): JobStep {
    const step = this.props.plan.steps.find((candidate) => candidate.id === id);
    if (step?.kind !== 'job') throw new Error(`the plan has no job "${id}"`);
    return step;
  }
}

/** A job that may be interrupted keeps its state in the store, and finds it there. */
function useCheckpoints({ CheckpointConfig }: JobParameters, guard: Guard): void {
  if (CheckpointConfig === undefined) return;
  const { bucket, prefix } = parseS3Uri((CheckpointConfig as { S3Uri: string }).S3Uri, 'checkpoints');
  guard('s3:ListBucket', bucket, prefix);
  guard('s3:GetObject', bucket, `${prefix}file`);
  guard('s3:PutObject', bucket, `${prefix}file`);
}

/** The step that a job was started for: `--step <id>` in the command of its container. */
export function stepArgument(parameters: JobParameters): string {
  const words = wordsOf(parameters);
  return words[words.indexOf('--step') + 1] ?? '';
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
