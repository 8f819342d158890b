import type { Issue } from '../issue';
import { issue } from '../issue';
import type { PipelineDefinition } from '../pipeline';
import { checkQueueOptions, type RequestQueueOptions } from './request-queue';

const FIX = 'Leave it out, or choose another mode of the endpoint.';

/** What a definition asks for that only SageMaker's asynchronous endpoints have, or that they do not. */
export function checkAsynchronous(
  { deployment, monitoring }: PipelineDefinition,
  queue: RequestQueueOptions | undefined,
): Issue[] {
  if (deployment.endpoint.mode === 'asynchronous') {
    return [
      ...checkCapture(monitoring.capture !== undefined, 'monitoring.capture'),
      ...checkCapture(monitoring.drift !== undefined, 'monitoring.drift'),
      ...checkQueueOptions(queue ?? {}, 'queue'),
    ];
  }
  const watched = 'watches requests that wait; only an asynchronous endpoint lets them wait';
  return [
    ...(monitoring.queue === undefined ? [] : [withoutQueue('monitoring.queue', watched)]),
    ...(queue === undefined ? [] : [withoutQueue('queue', 'is of an asynchronous endpoint')]),
  ];
}

/** What asks an asynchronous endpoint to record its requests. */
export function checkCapture(asked: boolean, path: string): Issue[] {
  const message =
    'is not carried out: SageMaker records no requests of an asynchronous endpoint; they stay in the store';
  return asked ? [issue('asynchronous-without', path, message, FIX)] : [];
}

function withoutQueue(path: string, message: string): Issue {
  return issue('queue-without-asynchronous', path, message, FIX);
}
