import type { ApprovalStep } from '../../pipeline';
import { StepError } from '../step-error';
import { type StepContext, type StepResult, versionOf } from './context';

export async function runApproval({ approval }: ApprovalStep, context: StepContext): Promise<StepResult> {
  const version = versionOf(context.inputs);
  if (approval === 'automatic') return { detail: 'automatic' };
  if (await context.approve(version)) return { detail: 'approved' };
  throw new StepError(`version ${version} was not approved; run again with --approve to approve it`);
}
