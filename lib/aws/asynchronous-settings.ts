import type { Issue } from '../issue';
import { issue } from '../issue';
import type { PipelineDefinition } from '../pipeline';
import { checkQueueOptions, type RequestQueueOptions } from './request-queue';

/** What a definition asks for that only SageMaker's asynchronous endpoints have, or that they do not. */
export function checkAsynchronous(
  { deployment, monitoring }: PipelineDefinition,
  queue: RequestQueueOptions | undefined,
): Issue[] {
  const asynchronous = deployment.endpoint.mode === 'asynchronous';
  const refusals: readonly (readonly [wrong: boolean, code: string, path: string, message: string])[] = [
    [
      !asynchronous && monitoring.queue !== undefined,
      'queue-without-asynchronous',
      'monitoring.queue',
      'watches requests that wait; only an asynchronous endpoint lets them wait',
    ],
    [
      !asynchronous && queue !== undefined,
      'queue-without-asynchronous',
      'queue',
      'is of an asynchronous endpoint',
    ],
    [
      asynchronous && monitoring.capture !== undefined,
      'asynchronous-without',
      'monitoring.capture',
      'is not carried out: SageMaker records no requests of an asynchronous endpoint; they stay in the store',
    ],
  ];
  return [
    ...refusals
      .filter(([wrong]) => wrong)
      .map(([, code, path, message]) =>
        issue(code, path, message, 'Leave it out, or choose another mode of the endpoint.'),
      ),
    ...(asynchronous ? checkQueueOptions(queue ?? {}, 'queue') : []),
  ];
}
