import type { Step } from '../../pipeline';
import { runApproval } from './approval';
import type { StepContext, StepResult } from './context';
import { runFunction } from './function';
import { runGate } from './gate';
import { runJobStep } from './job';
import { runNotify } from './notify';
import { runRelease } from './release';

export type { StepContext, StepResult } from './context';

/** @throws StepError (or IssueError) with the cause when the step fails */
export async function runStep(step: Step, context: StepContext): Promise<StepResult> {
  switch (step.kind) {
    case 'job':
      return runJobStep(step, context);
    case 'function':
      return runFunction(step, context);
    case 'gate':
      return runGate(step, context);
    case 'approval':
      return runApproval(step, context);
    case 'release':
      return runRelease(step, context);
    case 'notify':
      return runNotify(step);
  }
}
