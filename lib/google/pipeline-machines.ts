import type { GoogleMachine } from '../hardware';
import { type Issue, IssueError } from '../issue';
import { MACHINE_PATHS, type PipelineDefinition, type Plan } from '../pipeline';
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
