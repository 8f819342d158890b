import type { AwsMachine } from '../hardware';
import { type Issue, IssueError } from '../issue';
import { MACHINE_PATHS, type MachineRequest, type PipelineDefinition, type Plan } from '../pipeline';
import { resolveMachine } from './machine';
import { isTraining } from './workflow/locate';

export interface PipelineMachines {
  /** Machine of every job, by step. */
  readonly jobs: ReadonlyMap<string, AwsMachine>;
  readonly endpoint: AwsMachine | undefined;
  /** Requests that no machine satisfies. */
  readonly issues: readonly Issue[];
}

/** Picks every machine of a pipeline, and collects what is wrong with all of them. */
export function pickMachines(definition: PipelineDefinition, plan: Plan): PipelineMachines {
  const issues: Issue[] = [];
  const pick = (request: MachineRequest, use: 'training' | 'processing' | 'endpoint', path: string) => {
    try {
      return resolveMachine(request, use, path);
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  };
  const jobs = new Map<string, AwsMachine>();
  for (const step of plan.steps) {
    if (step.kind !== 'job') continue;
    const machine = pick(
      step.machine,
      isTraining(step) ? 'training' : 'processing',
      MACHINE_PATHS[step.program],
    );
    if (machine) jobs.set(step.id, machine);
    step.fallbackMachines.forEach((fallback, index) => {
      pick(fallback, 'training', `training.train.fallbackMachines[${index}]`);
    });
  }
  const endpoint = pick(definition.deployment.endpoint.machine, 'endpoint', 'deployment.endpoint.machine');
  return { jobs, endpoint, issues };
}
