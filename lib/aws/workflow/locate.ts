import type { ArtifactSource, JobStep, Plan, Step } from '../../pipeline';
import type { IArtifactStore } from '../artifact-store';
import { format } from '../asl';
import { prefixesOf, type StoreLocation, type StoreLocations } from '../store-location';
import { stateKey } from './edges';

/** A run is named by its execution; in prefixes of policies it is any run. */
const RUN = '$$.Execution.Name';
const ANY_RUN = '*';

/** Where the steps of a plan read and write, in one store. */
export class Locations {
  private readonly steps: ReadonlyMap<string, Step>;

  constructor(
    private readonly plan: Plan,
    private readonly store: IArtifactStore,
  ) {
    this.steps = new Map(plan.steps.map((step) => [step.id, step]));
  }

  inputsOf({ inputs }: Pick<Step, 'inputs'>): StoreLocations {
    return mapValues(inputs, (source) => this.find(source));
  }

  outputsOf(step: Step): StoreLocations {
    return Object.fromEntries(step.outputs.map((output) => [output, this.output(step, output)]));
  }

  /** The directory that holds the outputs of a step, without a slash at its end. */
  directoryOf({ id, stage }: Step): StoreLocation {
    return { uri: this.inRun(`${stage}/${id}`), prefixes: [`runs/${ANY_RUN}/${stage}/${id}/`] };
  }

  /** Where a step keeps its state between tries of one run. */
  checkpointsOf(step: Step): StoreLocation {
    return this.output(step, 'checkpoints');
  }

  find(source: ArtifactSource): StoreLocation {
    switch (source.from) {
      case 'store':
        return { uri: this.store.s3Uri(source.prefix), prefixes: [source.prefix] };
      case 'dataset': {
        const prefix = `datasets/${this.plan.pipeline}/`;
        return { uri: this.store.s3Uri(prefix), prefixes: [prefix] };
      }
      case 'step': {
        const step = this.step(source.step);
        return isTraining(step) ? trained(step, source.output) : this.output(step, source.output);
      }
      case 'gate': {
        const { gate, name } = source;
        return { uri: `$.selected.${stateKey(gate)}.${name}`, prefixes: this.selectable(gate, name) };
      }
    }
  }

  private output({ id, stage }: Step, output: string): StoreLocation {
    const path = `${stage}/${id}/${output}/`;
    return { uri: this.inRun(path), prefixes: [`runs/${ANY_RUN}/${path}`] };
  }

  private inRun(path: string): string {
    return format([this.store.s3Uri('runs/'), `/${path}`], RUN);
  }

  private selectable(gate: string, name: string): string[] {
    const step = this.step(gate);
    const selection = step.kind === 'gate' ? step.selects?.[name] : undefined;
    return selection ? prefixesOf(mapValues({ ...selection }, (source) => this.find(source))) : [];
  }

  private step(id: string): Step {
    const step = this.steps.get(id);
    if (step === undefined) throw new Error(`the plan has no step "${id}"`);
    return step;
  }
}

/** Steps that run as training jobs; all other jobs are processing jobs. */
export function isTraining(step: Step): boolean {
  return step.kind === 'job' && (step.program === 'train' || step.program === 'tune');
}

const TRAINED = {
  'model.$': '$[0].ModelArtifacts.S3ModelArtifacts',
  'data.$': format(['', '/', '/output/data/'], '$[0].OutputDataConfig.S3OutputPath', '$[0].TrainingJobName'),
};

const BEST_TRIAL = [
  '$[0].TrainingJobDefinition.OutputDataConfig.S3OutputPath',
  '$[0].BestTrainingJob.TrainingJobName',
];
const TUNED = {
  'model.$': format(['', '/', '/output/model/'], ...BEST_TRIAL),
  'data.$': format(['', '/', '/output/data/'], ...BEST_TRIAL),
};

/** What a job's description says of its outputs, or of those of a tuning's best job, kept in the run's state. */
export function trainedOf({ program }: Pick<JobStep, 'program'>): Readonly<Record<string, string>> {
  return program === 'tune' ? TUNED : TRAINED;
}

export function trainedPath(step: Pick<Step, 'id'>): string {
  return `$.trained.${stateKey(step.id)}`;
}

/** SageMaker puts a training job's outputs into a directory named after the job. */
function trained(step: Step, output: string): StoreLocation {
  const prefix = `runs/${ANY_RUN}/${step.stage}/${step.id}/*/output/`;
  if (output === 'model') return { uri: `${trainedPath(step)}.model`, prefixes: [`${prefix}model/`] };
  return {
    uri: format(['', `${output}/`], `${trainedPath(step)}.data`),
    prefixes: [`${prefix}data/${output}/`],
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
