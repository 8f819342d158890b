import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { JobStep, Plan } from '../../pipeline';
import type { Metrics, ProgramRequest } from '../../program';
import type { ProgramCache } from '../../rehearsal/program-cache';
import { parseS3Uri } from '../functions/s3-uri';
import type { FakeS3, Guard } from './fake-s3';
import { failure } from './failure';
import {
  type Job,
  type JobParameters,
  processingJob,
  type ProcessingParameters,
  stepOf,
  trainingJob,
  type TrainingParameters,
} from './job-parameters';
import {
  chooseTrials,
  describeBest,
  readObjective,
  type Trial,
  trialParameters,
  type TuningParameters,
} from './tuning-trials';

/** Carries out a stage program: fills the directories of its outputs, or throws why it failed. */
export type ProgramRunner = (request: ProgramRequest, step: JobStep) => Promise<void>;

export interface RehearsedJobsProps {
  readonly plan: Plan;
  /** Directory of the user's code. */
  readonly source: string;
  /** For the directories of programs. */
  readonly directory: string;
  readonly cache: ProgramCache;
  readonly run: ProgramRunner;
}

/** What a job works on, in the name of its role. */
export interface JobWorld {
  readonly s3: FakeS3;
  /** Judges accesses. */
  readonly guard: Guard;
  /** Changes what the program of a step wrote, or throws why it failed. */
  readonly alter: (step: string, outputs: ProgramRequest['outputs']) => ProgramRequest['outputs'];
}

/** The jobs of a plan. */
export class RehearsedJobs {
  constructor(private readonly props: RehearsedJobsProps) {}

  /** What DescribeJob says of a job in the end. */
  async answer(action: string, parameters: JobParameters, world: JobWorld): Promise<unknown> {
    const step = this.step(stepOf(parameters));
    if (action.includes('HyperParameterTuning')) {
      const tuning = parameters as unknown as TuningParameters;
      return { ...parameters, ...describeBest(tuning, await this.runTrials(tuning, step, world)) };
    }
    const job = action.includes('Training')
      ? trainingJob(parameters as unknown as TrainingParameters, step)
      : processingJob(parameters as unknown as ProcessingParameters, step);
    useCheckpoints(parameters, world.guard);
    await this.perform(job, world);
    return { ...parameters, ...job.description };
  }

  /** A trial that fails is none; the tuning fails when all of them do. */
  private async runTrials(tuning: TuningParameters, step: JobStep, world: JobWorld): Promise<Trial[]> {
    const { TrainingJobDefinition } = tuning;
    const trials: Trial[] = [];
    for (const { chosen, name } of chooseTrials(tuning)) {
      const parameters = trialParameters(step.parameters, chosen);
      const job = trainingJob(
        { ...TrainingJobDefinition, TrainingJobName: name },
        { ...step, program: 'train', parameters },
      );
      useCheckpoints({ ...TrainingJobDefinition }, world.guard);
      try {
        await this.perform(job, world);
      } catch (error) {
        if (error instanceof Error && error.name === PROGRAM_FAILED) continue;
        throw error;
      }
      trials.push({ name, value: readObjective(tuning, metricsOf(job, world.s3)) });
    }
    if (trials.length > 0) return trials;
    throw programFailure('No training job succeeded');
  }

  private async perform(job: Job, { alter, guard, s3 }: JobWorld): Promise<void> {
    const { id } = job.step;
    const directory = mkdtempSync(join(this.props.directory, `${id}-`));
    try {
      const inputs = fetchInputs(job, join(directory, 'inputs'), s3, guard);
      const written = await this.carryOut(job.step, inputs, join(directory, 'outputs'))
        .then((outputs) => alter(id, outputs))
        .catch((error: unknown) => {
          const cause = error instanceof Error ? error.message : String(error);
          throw programFailure(`AlgorithmError: ${cause}`);
        });
      for (const [name, uri] of Object.entries(job.outputs)) {
        const { bucket, prefix } = parseS3Uri(uri, name);
        guard('s3:PutObject', bucket, `${prefix}file`);
        s3.putDirectory(written[name] ?? '', bucket, prefix);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  private async carryOut(
    step: JobStep,
    inputs: ProgramRequest['inputs'],
    directory: string,
  ): Promise<ProgramRequest['outputs']> {
    const { id, parameters, program } = step;
    const { cache, run, source } = this.props;
    const outputs = Object.fromEntries(step.outputs.map((name) => [name, join(directory, name)]));
    for (const output of Object.values(outputs)) mkdirSync(output, { recursive: true });
    await cache.run({ schemaVersion: 1, program, step: id, parameters, source, inputs, outputs }, (full) =>
      run(full, step),
    );
    return outputs;
  }

  private step(id: string): JobStep {
    const step = this.props.plan.steps.find((candidate) => candidate.id === id);
    if (step?.kind !== 'job') throw new Error(`the plan has no job "${id}"`);
    return step;
  }
}

const PROGRAM_FAILED = 'States.TaskFailed';

function programFailure(reason: string): Error {
  return failure(PROGRAM_FAILED, JSON.stringify({ FailureReason: reason }));
}

/** @returns the directories of the step's inputs, without that of the code */
function fetchInputs(
  { inputs, step }: Job,
  directory: string,
  s3: FakeS3,
  guard: Guard,
): ProgramRequest['inputs'] {
  const directories: Record<string, string> = {};
  for (const [place, uri] of Object.entries(inputs)) {
    const { bucket, prefix } = parseS3Uri(uri, place);
    const [name = ''] = place.split(posix.sep);
    if (!(name in step.inputs)) {
      // The code: one object.
      guard('s3:ListBucket', bucket, prefix.slice(0, -1));
      guard('s3:GetObject', bucket, prefix.slice(0, -1));
      continue;
    }
    guard('s3:ListBucket', bucket, prefix);
    guard('s3:GetObject', bucket, `${prefix}file`);
    directories[name] = join(directory, name);
    s3.copyTo(join(directory, place), bucket, prefix);
  }
  return directories;
}

/** A job that may be interrupted keeps its state in the store, and finds it there. */
function useCheckpoints({ CheckpointConfig }: JobParameters, guard: Guard): void {
  if (CheckpointConfig === undefined) return;
  const { bucket, prefix } = parseS3Uri((CheckpointConfig as { S3Uri: string }).S3Uri, 'checkpoints');
  guard('s3:ListBucket', bucket, prefix);
  guard('s3:GetObject', bucket, `${prefix}file`);
  guard('s3:PutObject', bucket, `${prefix}file`);
}

function metricsOf({ outputs }: Job, s3: FakeS3): Metrics {
  const { bucket, prefix } = parseS3Uri(outputs.metrics ?? '', 'metrics');
  return JSON.parse(String(s3.get(bucket, `${prefix}metrics.json`))) as Metrics;
}
