import { type GoogleMachine, languageModelNeeds, pickMachineForLanguageModel } from '../hardware';
import { type Issue, IssueError } from '../issue';
import { MACHINE_PATHS, type PipelineDefinition, type Plan } from '../pipeline';
import { type JobPlacement, placeJob } from './job-placement';
import { resolveMachine } from './machine';

export interface PipelineMachines {
  /** Where every job runs, by step. */
  readonly jobs: ReadonlyMap<string, JobPlacement>;
  /** Absent where instances of Cloud Run serve. */
  readonly endpoint: GoogleMachine | undefined;
  /** Requests that no machine satisfies, and a language model that none of those asked for has the memory for. */
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
  const endpoint =
    definition.deployment.endpoint.mode === 'serverless'
      ? undefined
      : pick('deployment.endpoint.machine', () => endpointMachine(definition));
  return { jobs, endpoint, issues };
}

function endpointMachine(definition: PipelineDefinition): GoogleMachine {
  const { machine } = definition.deployment.endpoint;
  const needs = languageModelNeeds(definition);
  return needs
    ? pickMachineForLanguageModel(machine, needs, { cloud: 'google', use: 'endpoint' })
    : resolveMachine(machine, 'endpoint');
}
