import { Duration, type Size } from 'aws-cdk-lib/core';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import type { FunctionStep, GateStep, JobStep, Plan, Step, Tuning } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { State } from './asl';
import { ContainerImage } from './container-image';
import { GateFunction } from './gate-function';
import type { JobCode } from './job-code';
import { ModelBaseline } from './model-baseline';
import { ModelConversion } from './model-conversion';
import { ModelRegistration } from './model-registration';
import { ModelVerification } from './model-verification';
import type { NetworkProps } from './network';
import { ProcessingJob } from './processing-job';
import { ProgramFunction, type ProgramStepProps } from './program-function';
import { ProgramJob } from './program-job';
import { DEFAULT_MODEL_SIZE, jobVolumeGiB } from './program-size';
import { TrainingJob } from './training-job';
import { TuningJob } from './tuning-job';
import { isTraining, type Locations } from './workflow/locate';

export interface PipelineStepsProps {
  readonly plan: Plan;
  readonly locations: Locations;
  readonly store: IArtifactStore;
  readonly code: JobCode;
  /** Machine of every job, by step. */
  readonly machines: ReadonlyMap<string, AwsMachine>;
  readonly jobImage?: ContainerImage;
  readonly network?: NetworkProps;
  readonly logEncryptionKey: IKey;
  /** The most the model's files may have. */
  readonly modelSize?: Size;
  /** Steps whose artifact programs run as jobs. */
  readonly programJobs: ReadonlySet<string>;
  /** Holds the artifact programs; there where one of them runs as a job. */
  readonly programImage?: ContainerImage;
  readonly signingKey?: IKey;
}

/** A large model is written and read several times: Lambda's 15 minutes are too few. */
const PROGRAM_JOB_TIMEOUT = Duration.hours(2);

/** What the model was trained on. */
const TRAINING_DATA = { from: 'step', step: 'preprocess', output: 'data' } as const;

interface RunnableStep {
  readonly state: State;
  grantRun(grantee: IGrantable): void;
}

/** Jobs, functions and gates of a plan, each with a role of its own. */
export class PipelineSteps extends Construct {
  /** Their tasks by step, without a `Next`. */
  readonly tasks: ReadonlyMap<string, State>;
  /** Tasks of training jobs on the machines they fall back to, by step. */
  readonly fallbacks: ReadonlyMap<string, readonly State[]>;
  readonly functions: readonly ProgramFunction[];
  private readonly runnable: readonly RunnableStep[];

  constructor(scope: Construct, id: string, props: PipelineStepsProps) {
    super(scope, id);
    const created = props.plan.steps.flatMap((step) => {
      const runnable = this.createStep(step, props);
      return runnable ? [{ id: step.id, runnable }] : [];
    });
    this.runnable = created.map(({ runnable }) => runnable);
    this.functions = this.runnable.filter((step) => step instanceof ProgramFunction);
    this.fallbacks = new Map(
      created.flatMap(({ id: step, runnable }) =>
        runnable instanceof TrainingJob ? [[step, runnable.fallbackStates] as const] : [],
      ),
    );
    this.tasks = new Map(created.map(({ id: step, runnable }) => [step, runnable.state]));
  }

  /** Allows running every step, and waiting for it. */
  grantRun(grantee: IGrantable): void {
    this.runnable.forEach((step) => {
      step.grantRun(grantee);
    });
  }

  private createStep(step: Step, props: PipelineStepsProps): RunnableStep | undefined {
    if (step.kind === 'job') return this.createJob(step, props);
    if (step.kind === 'function') {
      const { programImage: image } = props;
      return props.programJobs.has(step.id) && image
        ? this.createProgramJob(step, image, props)
        : this.createFunction(step, props);
    }
    return step.kind === 'gate' ? this.createGate(step, props) : undefined;
  }

  private createJob(step: JobStep, props: PipelineStepsProps): RunnableStep {
    const { code, locations, network, plan, store } = props;
    const machine = props.machines.get(step.id) ?? step.machine;
    const job = {
      jobName: `${plan.pipeline}-${step.id}`,
      store,
      code,
      step: step.id,
      image: props.jobImage ?? defaultImage(step),
      machine,
      inputs: locations.inputsOf(step),
      timeout: Duration.minutes(step.timeoutMinutes),
      volumeGiB: jobVolumeGiB(props.modelSize ?? DEFAULT_MODEL_SIZE),
      network,
    };
    const id = constructId(step);
    if (!isTraining(step)) return new ProcessingJob(this, id, { ...job, outputs: locations.outputsOf(step) });
    const training = { ...job, ...placementOf(step, locations) };
    const { tuning } = step.parameters;
    // The plan holds the definition's tuning, defaults filled in.
    if (tuning !== undefined)
      return new TuningJob(this, id, { ...training, tuning: tuning as unknown as Tuning });
    const { warmPoolMinutes } = step;
    const warmPool = warmPoolMinutes === undefined ? undefined : Duration.minutes(warmPoolMinutes);
    return new TrainingJob(this, id, { ...training, warmPool });
  }

  private createFunction(step: FunctionStep, props: PipelineStepsProps): RunnableStep {
    const { locations, logEncryptionKey, modelSize, signingKey, store } = props;
    const id = constructId(step);
    const program: ProgramStepProps = {
      store,
      step: step.id,
      parameters: step.parameters,
      inputs: locations.inputsOf(step),
      outputs: locations.outputsOf(step),
      modelSize,
      retry: step.retry,
      timeout: Duration.minutes(step.timeoutMinutes),
      logEncryptionKey,
    };
    switch (step.program) {
      case 'convert':
        return new ModelConversion(this, id, program);
      case 'verify':
        return new ModelVerification(this, id, program);
      case 'register':
        return new ModelRegistration(this, id, {
          ...program,
          data: locations.find(TRAINING_DATA),
          signingKey,
        });
      case 'baseline':
        return new ModelBaseline(this, id, program);
    }
  }

  private createProgramJob(
    step: FunctionStep,
    image: ContainerImage,
    { locations, modelSize, network, plan, signingKey, store }: PipelineStepsProps,
  ): RunnableStep {
    const registers = step.program === 'register';
    return new ProgramJob(this, constructId(step), {
      program: step.program,
      jobName: `${plan.pipeline}-${step.id}`,
      image,
      store,
      step: step.id,
      parameters: step.parameters,
      inputs: locations.inputsOf(step),
      outputs: locations.outputsOf(step),
      data: registers ? locations.find(TRAINING_DATA) : undefined,
      signingKey: registers ? signingKey : undefined,
      timeout: PROGRAM_JOB_TIMEOUT,
      modelSize,
      network,
    });
  }

  private createGate(
    step: GateStep,
    { locations, logEncryptionKey, store }: PipelineStepsProps,
  ): RunnableStep {
    const { metrics, baseline } = locations.inputsOf(step);
    if (metrics === undefined) throw new Error(`gate "${step.id}" has no metrics`);
    return new GateFunction(this, constructId(step), {
      store,
      rules: step.rules,
      metrics,
      baseline,
      logEncryptionKey,
    });
  }
}

/** How and where a training runs. */
function placementOf(step: JobStep, locations: Locations) {
  const { capacity, checkpoints, fallbackMachines, machines, maxWaitMinutes } = step;
  return {
    output: locations.directoryOf(step),
    checkpoints: checkpoints ? locations.checkpointsOf(step) : undefined,
    spot:
      capacity === 'spot'
        ? { maxWait: maxWaitMinutes === undefined ? undefined : Duration.minutes(maxWaitMinutes) }
        : undefined,
    machineCount: machines,
    fallbackMachines,
  };
}

function defaultImage({ framework, machine }: JobStep): ContainerImage {
  const processor = (machine.accelerator ?? 'cpu') === 'cpu' ? 'cpu' : 'gpu';
  return framework === 'pytorch'
    ? ContainerImage.pytorchTraining({ processor })
    : ContainerImage.tensorflowTraining({ processor });
}

/** `evaluate-quantize` as `EvaluateQuantize`. */
function constructId({ id }: Step): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
