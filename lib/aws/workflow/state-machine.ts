import type { FunctionStep, Plan, ReleaseStep, Step } from '../../pipeline';
import type { State, StateMachineDefinition, States } from '../asl';
import { renderDeployment } from '../guardrails';
import { approvalStates } from './approval-states';
import { FAILED, FAILED_STATE } from './edges';
import { functionState } from './function-state';
import { gateStates } from './gate-states';
import { jobState } from './job-state';
import type { Locations } from './locate';
import { notifyStates } from './notify-states';
import { placeholders, placeStates } from './place-states';
import { registerStates, type RegisterSettings } from './register-states';
import type { ReleaseSettings } from './release-settings';
import { releaseStates } from './release-states';
import { restoreStates } from './restore-states';

/** What the states of a plan refer to. */
export interface WorkflowBindings {
  readonly locations: Locations;
  /** Tasks of jobs, functions and gates by step, without their `Next`. */
  readonly tasks: ReadonlyMap<string, State>;
  /** Tasks of jobs on the machines they fall back to, by step. */
  readonly fallbacks?: ReadonlyMap<string, readonly State[]>;
  /** Steps whose artifact programs run as jobs. @default - none */
  readonly programJobs?: ReadonlySet<string>;
  readonly register: RegisterSettings;
  readonly release: ReleaseSettings;
  readonly failureTopicArn: string;
  /** Present where a person approves. */
  readonly approvalTopicArn?: string;
}

/** The plan as a state machine: its steps in its order, each under its id; helper states are `<id>: …`. */
export function renderStateMachine(plan: Plan, bindings: WorkflowBindings): StateMachineDefinition {
  const states = plan.steps.map((step) => renderStep(step, plan, bindings));
  const places = renderPlaces(plan, bindings);
  return {
    Comment: `${plan.pipeline}: ${plan.steps.map(({ id }) => id).join(', ')}`,
    StartAt: Object.keys(places)[0] ?? plan.start,
    States: Object.assign({}, places, ...states, { [FAILED]: FAILED_STATE }) as States,
  };
}

function renderPlaces(plan: Plan, { release }: WorkflowBindings): States {
  const first = plan.steps.find(({ id }) => id === plan.start);
  return first?.kind === 'job' ? placeStates(first, placeholders(plan), release.bucketName) : {};
}

function renderStep(step: Step, { pipeline }: Plan, bindings: WorkflowBindings): States {
  switch (step.kind) {
    case 'job':
      return {
        [step.id]: jobState(step, [taskOf(step, bindings), ...(bindings.fallbacks?.get(step.id) ?? [])]),
      };
    case 'function':
      return renderProgram(step, bindings);
    case 'gate':
      return gateStates(step, taskOf(step, bindings), bindings.locations);
    case 'approval':
      return approvalStates(step, pipeline, bindings.approvalTopicArn);
    case 'release':
      return step.action === 'release'
        ? releaseStates(step, bindings.release, deploymentOf(step, bindings.release))
        : restoreStates(step, bindings.release);
    case 'notify':
      return notifyStates(step, pipeline, bindings.failureTopicArn);
  }
}

function renderProgram(step: FunctionStep, bindings: WorkflowBindings): States {
  const task = taskOf(step, bindings);
  const state = bindings.programJobs?.has(step.id) ? jobState(step, [task]) : functionState(step, task);
  return step.program === 'register' ? registerStates(step, state, bindings.register) : { [step.id]: state };
}

/** SageMaker has no guardrails for serverless endpoints. */
function deploymentOf(step: ReleaseStep, { alarmNames, serverless }: ReleaseSettings) {
  return serverless ? undefined : renderDeployment(step, alarmNames);
}

function taskOf({ id }: Step, { tasks }: WorkflowBindings): State {
  const task = tasks.get(id);
  if (task === undefined) throw new Error(`step "${id}" has no task`);
  return task;
}
