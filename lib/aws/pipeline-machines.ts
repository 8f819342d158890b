import { type AwsMachine, languageModelNeeds, pickMachineForLanguageModel } from '../hardware';
import { type Issue, IssueError } from '../issue';
import { MACHINE_PATHS, type PipelineDefinition, type Plan } from '../pipeline';
import { resolveMachine } from './machine';
import { isTraining } from './workflow/locate';

export interface PipelineMachines {
  /** Machine of every job, by step. */
  readonly jobs: ReadonlyMap<string, AwsMachine>;
  readonly endpoint: AwsMachine | undefined;
  /** Requests that no machine satisfies, and a language model that none of those asked for has the memory for. */
  readonly issues: readonly Issue[];
}

/** Picks every machine of a pipeline, and collects what is wrong with all of them. */
export function pickMachines(definition: PipelineDefinition, plan: Plan): PipelineMachines {
  const issues: Issue[] = [];
  const pick = (resolve: () => AwsMachine) => {
    try {
      return resolve();
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  };
  const jobs = new Map<string, AwsMachine>();
  for (const step of plan.steps) {
    if (step.kind !== 'job') continue;
    const use = isTraining(step) ? 'training' : 'processing';
    const machine = pick(() => resolveMachine(step.machine, use, MACHINE_PATHS[step.program]));
    if (machine) jobs.set(step.id, machine);
    step.fallbackMachines.forEach((fallback, index) => {
      pick(() => resolveMachine(fallback, 'training', `training.train.fallbackMachines[${index}]`));
    });
  }
  return { jobs, endpoint: pick(() => endpointMachine(definition)), issues };
}

function endpointMachine(definition: PipelineDefinition): AwsMachine {
  const { machine } = definition.deployment.endpoint;
  const path = 'deployment.endpoint.machine';
  const needs = languageModelNeeds(definition);
  return needs
    ? pickMachineForLanguageModel(machine, needs, { cloud: 'aws', use: 'endpoint', path })
    : resolveMachine(machine, 'endpoint', path);
}
