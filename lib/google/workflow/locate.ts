import type { ArtifactSource, JobStep, Plan, Step } from '../../pipeline';
import type { StoreLocation, StoreLocations } from '../store-location';
import { prefixesOf } from '../store-location';
import { concat, stepName, value } from './expression';

/** The variable that names the run; in prefixes of policies it is any run. */
export const RUN = 'run';
/** The variable with the resource name of the execution: `projects/…/executions/<run>`. */
export const EXECUTION = 'execution_name';
const ANY_RUN = '*';

/** Where the steps of a plan read and write, in one store. */
export class Locations {
  private readonly steps: ReadonlyMap<string, Step>;

  constructor(private readonly plan: Plan) {
    this.steps = new Map(plan.steps.map((step) => [step.id, step]));
  }

  inputsOf({ inputs }: Pick<Step, 'inputs'>): StoreLocations {
    return mapValues(inputs, (source) => this.find(source));
  }

  outputsOf(step: Pick<Step, 'id' | 'stage' | 'outputs'>): StoreLocations {
    return Object.fromEntries(step.outputs.map((output) => [output, locate(step, output)]));
  }

  /** Where a step keeps its state between tries of one run. */
  checkpointsOf(step: Pick<Step, 'id' | 'stage'>): StoreLocation {
    return locate(step, 'checkpoints');
  }

  find(source: ArtifactSource): StoreLocation {
    switch (source.from) {
      case 'dataset': {
        const prefix = `datasets/${this.plan.pipeline}/`;
        return { path: concat(prefix), prefixes: [prefix] };
      }
      case 'store':
        return { path: concat(source.prefix), prefixes: [source.prefix] };
      case 'step':
        return located(this.step(source.step), source.output);
      case 'gate': {
        const { gate, name } = source;
        return { path: `${selection(gate)}.${name}`, prefixes: this.selectable(gate, name) };
      }
    }
  }

  private selectable(gate: string, name: string): string[] {
    const step = this.step(gate);
    const selects = step.kind === 'gate' ? step.selects?.[name] : undefined;
    return selects ? prefixesOf(mapValues({ ...selects }, (source) => this.find(source))) : [];
  }

  private step(id: string): Step {
    const step = this.steps.get(id);
    if (step === undefined) throw new Error(`the plan has no step "${id}"`);
    return step;
  }
}

/** The variable that holds what a gate selected. */
export function selection(gate: string): string {
  return `selected_${stepName(gate)}`;
}

/** Every trial of a tuning writes its outputs to `<outputs' directory>/<trial>/`: that of the best is kept. */
export function trainedOf(
  step: Pick<JobStep, 'id' | 'program'>,
  result: string,
): Readonly<Record<string, string>> | undefined {
  return step.program === 'tune' ? { [best(step)]: value(`${result}.trial`) } : undefined;
}

function best({ id }: Pick<Step, 'id'>): string {
  return `best_${stepName(id)}`;
}

/** Where later steps find an output: of a tuning, that of its best trial. */
function located(step: Step, output: string): StoreLocation {
  const { path, prefixes } = locate(step, output);
  if (step.kind !== 'job' || step.program !== 'tune') return { path, prefixes };
  return { path: `${path} + ${best(step)} + "/"`, prefixes };
}

function locate({ id, stage }: Pick<Step, 'id' | 'stage'>, output: string): StoreLocation {
  const path = `${stage}/${id}/${output}/`;
  return { path: concat('runs/', { of: RUN }, `/${path}`), prefixes: [`runs/${ANY_RUN}/${path}`] };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, inner]) => [key, map(inner)]));
}
