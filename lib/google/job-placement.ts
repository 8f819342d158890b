import type { GoogleMachine } from '../hardware';
import type { JobStep } from '../pipeline';
import { type CloudRunResources, cloudRunResources } from './cloud-run-resources';
import { MAX_GPU_TASK_SECONDS, MAX_TASK_SECONDS } from './container-job';
import { resolveMachine } from './machine';

/** Where a job of the plan runs, and on what. */
export type JobPlacement =
  | { readonly service: 'vertex'; readonly machine: GoogleMachine }
  | { readonly service: 'cloud-run'; readonly resources: CloudRunResources };

/** They train, or may be shared out among machines. */
const TRAINS: readonly JobStep['program'][] = ['train', 'tune', 'distill'];

/**
 * Training runs on Vertex AI: it has the big machines, Spot capacity and jobs of many. Everything else runs
 * on Cloud Run, which starts in seconds, unless it is too big or too long for it.
 *
 * @throws IssueError where Vertex AI has no such machine
 */
export function placeJob(step: Pick<JobStep, 'id' | 'machine' | 'program' | 'timeoutMinutes'>): JobPlacement {
  const resources = cloudRunResources(step.machine);
  const most = resources?.accelerator ? MAX_GPU_TASK_SECONDS : MAX_TASK_SECONDS;
  if (resources === undefined || TRAINS.includes(step.program) || step.timeoutMinutes * 60 > most) {
    return { service: 'vertex', machine: resolveMachine(step.machine, 'training', step.id) };
  }
  return { service: 'cloud-run', resources };
}
