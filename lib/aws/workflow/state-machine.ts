import type { Plan, ReleaseStep, Step } from '../../pipeline';
import type { State, StateMachineDefinition, States } from '../asl';
import { renderDeployment } from '../guardrails';
import { approvalStates } from './approval-states';
import { FAILED, FAILED_STATE } from './edges';
import { functionStates } from './function-states';
import { gateStates } from './gate-states';
import { jobStates } from './job-states';
import type { Locations } from './locate';
import { notifyStates } from './notify-states';
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
  readonly register: RegisterSettings;
  readonly release: ReleaseSettings;
  readonly failureTopicArn: string;
  /** Present where a person approves. */
  readonly approvalTopicArn?: string;
}

/** The plan as a state machine: its steps in its order, each under its id; helper states are `<id>: …`. */
export function renderStateMachine(plan: Plan, bindings: WorkflowBindings): StateMachineDefinition {
  const states = plan.steps.map((step) => renderStep(step, plan, bindings));
  return {
    Comment: `${plan.pipeline}: ${plan.steps.map(({ id }) => id).join(', ')}`,
    StartAt: plan.start,
    States: Object.assign({}, ...states, { [FAILED]: FAILED_STATE }) as States,
  };
}

function renderStep(step: Step, { pipeline }: Plan, bindings: WorkflowBindings): States {
  switch (step.kind) {
    case 'job':
      return jobStates(step, [taskOf(step, bindings), ...(bindings.fallbacks?.get(step.id) ?? [])]);
    case 'function':
      return step.program === 'register'
        ? registerStates(step, taskOf(step, bindings), bindings.register)
        : functionStates(step, taskOf(step, bindings));
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

/** SageMaker has no guardrails for serverless endpoints. */
function deploymentOf(step: ReleaseStep, { alarmNames, serverless }: ReleaseSettings) {
  return serverless ? undefined : renderDeployment(step, alarmNames);
}

function taskOf({ id }: Step, { tasks }: WorkflowBindings): State {
  const task = tasks.get(id);
  if (task === undefined) throw new Error(`step "${id}" has no task`);
  return task;
}
