import { Construct } from 'constructs';
import type { FunctionStep, JobStep, Plan, Step, Tuning } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { ContainerImage } from './container-image';
import type { JobCode } from './job-code';
import type { JobPlacement } from './job-placement';
import { ModelBaseline } from './model-baseline';
import { ModelConversion } from './model-conversion';
import { ModelRegistration } from './model-registration';
import { ModelVerification } from './model-verification';
import type { NetworkProps } from './network';
import { ProcessingJob } from './processing-job';
import { ProgramFunction, type ProgramStepProps } from './program-function';
import type { Project } from './project';
import { TrainingJob } from './training-job';
import { TuningJob } from './tuning-job';
import type { Locations } from './workflow/locate';
import type { WorkflowStep } from './workflow/source';

export interface PipelineStepsProps {
  readonly project: Project;
  readonly plan: Plan;
  readonly locations: Locations;
  readonly store: IArtifactStore;
  readonly code: JobCode;
  /** Where every job runs, by step. */
  readonly placements: ReadonlyMap<string, JobPlacement>;
  /** This library's server, which carries out the artifact programs. */
  readonly serverImage: ContainerImage;
  /** @default - the framework's own image on Docker Hub */
  readonly jobImage?: ContainerImage;
  readonly network?: NetworkProps;
  /** The most the model's file may have, in MiB. */
  readonly modelMiB?: number;
  readonly signingKeyVersion?: string;
}

type RunnableStep = TrainingJob | TuningJob | ProcessingJob | ProgramFunction;

/** Jobs and programs of a plan, each with a service account of its own. */
export class PipelineSteps extends Construct {
  /** Their calls by step: of a job on each of its machines, in their order. */
  readonly calls: ReadonlyMap<string, readonly WorkflowStep[]>;
  /** Those that run on Cloud Run: full names of their jobs, by step. */
  readonly jobNames: ReadonlyMap<string, string>;
  private readonly runnable: readonly RunnableStep[];

  constructor(scope: Construct, id: string, props: PipelineStepsProps) {
    super(scope, id);
    const created = props.plan.steps.flatMap((step): [string, RunnableStep][] => {
      if (step.kind === 'job') return [[step.id, this.createJob(step, props)]];
      return step.kind === 'function' ? [[step.id, this.createFunction(step, props)]] : [];
    });
    this.runnable = created.map(([, runnable]) => runnable);
    this.calls = new Map(created.map(([step, { steps }]) => [step, steps]));
    this.jobNames = new Map(
      created.flatMap(([step, runnable]) => ('job' in runnable ? [[step, runnable.job.jobName]] : [])),
    );
  }

  /** Allows running every step, and waiting for it. */
  grantRun(id: string, member: string): void {
    for (const step of this.runnable) step.grantRun(id, member);
  }

  private createJob(step: JobStep, props: PipelineStepsProps): RunnableStep {
    const { locations, network, placements, plan, project, store } = props;
    const id = constructId(step);
    const job = {
      project,
      store,
      code: props.code,
      step: step.id,
      image: props.jobImage ?? defaultImage(step),
      inputs: locations.inputsOf(step),
      outputs: locations.outputsOf(step),
      timeoutSeconds: step.timeoutMinutes * 60,
      network,
    };
    const placement = placements.get(step.id);
    if (placement?.service === 'cloud-run') {
      return new ProcessingJob(this, id, { ...job, resources: placement.resources });
    }
    const { fallbackMachines, machine, machines, maxWaitMinutes } = step;
    const training = {
      ...job,
      jobName: `${plan.pipeline}-${step.id}`,
      machine: placement?.machine ?? machine,
      fallbackMachines,
      machineCount: machines,
      capacity: step.capacity,
      checkpoints: step.checkpoints ? locations.checkpointsOf(step) : undefined,
      maxWaitSeconds: maxWaitMinutes === undefined ? undefined : maxWaitMinutes * 60,
    };
    const { tuning } = step.parameters;
    // The plan holds the definition's tuning, defaults filled in.
    return tuning === undefined
      ? new TrainingJob(this, id, training)
      : new TuningJob(this, id, { ...training, tuning: tuning as unknown as Tuning });
  }

  private createFunction(step: FunctionStep, props: PipelineStepsProps): ProgramFunction {
    const { locations, modelMiB, network, project, serverImage, signingKeyVersion, store } = props;
    const id = constructId(step);
    const program: ProgramStepProps = {
      project,
      store,
      image: serverImage,
      step: step.id,
      parameters: step.parameters,
      inputs: locations.inputsOf(step),
      outputs: locations.outputsOf(step),
      modelMiB,
      timeoutSeconds: step.timeoutMinutes * 60,
      network,
    };
    switch (step.program) {
      case 'convert':
        return new ModelConversion(this, id, program);
      case 'verify':
        return new ModelVerification(this, id, program);
      case 'register':
        return new ModelRegistration(this, id, { ...program, signingKeyVersion });
      case 'baseline':
        return new ModelBaseline(this, id, program);
    }
  }
}

function defaultImage({ framework }: JobStep): ContainerImage {
  return framework === 'pytorch' ? ContainerImage.pytorch() : ContainerImage.tensorflow();
}

/** `evaluate-quantize` as `EvaluateQuantize`. */
function constructId({ id }: Step): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
