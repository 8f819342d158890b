import type { Plan, Step } from '../../pipeline';
import { LIVE_ALIAS } from '../model-registry';
import { approvalStates } from './approval-states';
import { FAILED, FAILED_STEP, FAILURE } from './edges';
import { value } from './expression';
import { functionStates } from './function-states';
import { gateStates } from './gate-states';
import { jobStates } from './job-states';
import { judgeSubworkflows } from './judge-states';
import { markLive, MARK_LIVE } from './live-states';
import { EXECUTION, type Locations, RUN, selection } from './locate';
import { lockSubworkflows } from './lock-states';
import { notifyStates } from './notify-states';
import {
  registerStates,
  type RegisterSettings,
  REGISTERED,
  SET_APPROVAL,
  setApproval,
  UPLOAD_MODEL,
  uploadModel,
} from './register-states';
import type { ReleaseSettings } from './release-settings';
import { RELEASE, releaseStates, UNTOUCHED } from './release-states';
import { restoreStates } from './restore-states';
import type { Steps, WorkflowSource, WorkflowStep } from './source';
import { commonSubworkflows } from './subworkflows';

/** What the plan's steps are carried out by. */
export interface WorkflowBindings {
  readonly locations: Locations;
  /** Calls of jobs and functions by step: of a job on each of its machines, in their order. */
  readonly calls: ReadonlyMap<string, readonly WorkflowStep[]>;
  readonly register: RegisterSettings;
  readonly release: ReleaseSettings;
}

/** The plan as one workflow: its steps in its order, each under its id; helper steps are `<id>_…`. */
export function renderWorkflow(plan: Plan, bindings: WorkflowBindings): WorkflowSource {
  const { locations, register, release } = bindings;
  const gates = plan.steps.filter(({ kind }) => kind === 'gate');
  const steps: Steps = [
    begin(gates.map(({ id }) => ({ [selection(id)]: null }))),
    ...plan.steps.flatMap((step) => renderStep(step, plan, bindings, locations)),
    { [FAILED]: FAILED_STEP },
  ];
  return {
    main: { params: ['input'], steps },
    ...commonSubworkflows(release.bucketName),
    [UPLOAD_MODEL]: uploadModel(register),
    [SET_APPROVAL]: setApproval(register.region),
    ...releaseSubworkflows(release),
  };
}

/** Declares what later steps change from within blocks of their own, and names the run. */
export function begin(
  more: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, WorkflowStep>> {
  const variable = (name: string) => `sys.get_env("GOOGLE_CLOUD_${name}")`;
  const workflow = `"/workflows/" + ${variable('WORKFLOW_ID')} + "/executions/" + ${RUN}`;
  const place = `"projects/" + ${variable('PROJECT_NUMBER')} + "/locations/" + ${variable('LOCATION')}`;
  return {
    begin: {
      assign: [
        { [RUN]: value(variable('WORKFLOW_EXECUTION_ID')) },
        { [EXECUTION]: value(`${place} + ${workflow}`) },
        { [FAILURE]: null },
        { [REGISTERED]: null },
        { [RELEASE]: UNTOUCHED },
        ...more,
      ],
    },
  };
}

/** What steps of releases call. */
export function releaseSubworkflows(release: ReleaseSettings): WorkflowSource {
  return {
    ...lockSubworkflows(release),
    ...release.target.subworkflows,
    ...judgeSubworkflows(release),
    [MARK_LIVE]: markLive(release.bucketName, release.region, LIVE_ALIAS),
  };
}

function renderStep(step: Step, { pipeline }: Plan, bindings: WorkflowBindings, locations: Locations): Steps {
  switch (step.kind) {
    case 'job':
      return jobStates(step, callsOf(step, bindings));
    case 'function': {
      const [call = {}] = callsOf(step, bindings);
      return step.program === 'register' ? registerStates(step, call, locations) : functionStates(step, call);
    }
    case 'gate':
      return gateStates(step, locations);
    case 'approval':
      return approvalStates(step, pipeline);
    case 'release':
      return step.action === 'release' ? releaseStates(step, bindings.release) : restoreStates(step);
    case 'notify':
      return notifyStates(step, pipeline);
  }
}

function callsOf({ id }: Step, { calls }: WorkflowBindings): readonly WorkflowStep[] {
  const found = calls.get(id) ?? [];
  if (found.length === 0) throw new Error(`step "${id}" has no call`);
  return found;
}
