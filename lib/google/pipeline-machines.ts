import type { GoogleMachine } from '../hardware';
import { type Issue, IssueError } from '../issue';
import type { JobProgram, PipelineDefinition, Plan } from '../pipeline';
import { type JobPlacement, placeJob } from './job-placement';
import { resolveMachine } from './machine';

export interface PipelineMachines {
  /** Where every job runs, by step. */
  readonly jobs: ReadonlyMap<string, JobPlacement>;
  /** Absent where instances of Cloud Run serve. */
  readonly endpoint: GoogleMachine | undefined;
  /** Requests that no machine satisfies. */
  readonly issues: readonly Issue[];
}

/** Where the definition says what a job's machine must have. */
const MACHINE_PATHS: Readonly<Record<JobProgram, string>> = {
  preprocess: 'training.preprocess.machine',
  train: 'training.train.machine',
  tune: 'training.train.machine',
  export: 'conversion.export.machine',
  evaluate: 'training.evaluate.machine',
  prune: 'optimization.prune.machine',
  distill: 'optimization.distill.machine',
  quantize: 'optimization.quantize.machine',
  drift: 'monitoring.drift',
};

/** Picks every machine of a pipeline, and collects what is wrong with all of them. */
export function pickMachines(definition: PipelineDefinition, plan: Plan): PipelineMachines {
  const issues: Issue[] = [];
  const pick = <T>(path: string, resolve: () => T): T | undefined => {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      issues.push(...error.issues.map((found) => ({ ...found, path })));
      return undefined;
    }
  };
  const jobs = new Map<string, JobPlacement>();
  for (const step of plan.steps) {
    if (step.kind !== 'job') continue;
    const placement = pick(MACHINE_PATHS[step.program], () => placeJob(step));
    if (placement) jobs.set(step.id, placement);
    step.fallbackMachines.forEach((machine, index) => {
      pick(`training.train.fallbackMachines[${index}]`, () => resolveMachine(machine, 'training'));
    });
  }
  const { machine, mode } = definition.deployment.endpoint;
  const endpoint =
    mode === 'serverless'
      ? undefined
      : pick('deployment.endpoint.machine', () => resolveMachine(machine, 'endpoint'));
  return { jobs, endpoint, issues };
}
