import type { JobStep, Plan } from '../../pipeline';
import type { States } from '../asl';
import { API_RETRY, catchAll, failureOf } from './edges';
import { sdkTask } from './endpoint-states';

/**
 * SageMaker refuses an input without any object, so one is put into every directory that may be empty.
 *
 * @returns the key of that object, by directory of the plan's first step
 */
export function placeholders(plan: Plan): string[] {
  const first = plan.steps.find(({ id }) => id === plan.start);
  return Object.values(first?.inputs ?? {}).flatMap((source) =>
    source.from === 'store' && source.optional === true ? [`${source.prefix}about.txt`] : [],
  );
}

/** The states before a job that make its optional inputs; in their order. */
export function placeStates(step: JobStep, keys: readonly string[], bucketName: string): States {
  const name = (index: number) => (index < keys.length ? `${step.id}: place ${index + 1}` : step.id);
  return Object.fromEntries(
    keys.map((Key, index) => [
      name(index),
      {
        ...sdkTask('s3:putObject', {
          Bucket: bucketName,
          Key,
          ContentType: 'text/plain',
          Body: 'JSON lines are put here.',
        }),
        ...API_RETRY,
        ...catchAll(failureOf(step)),
        Next: name(index + 1),
      },
    ]),
  );
}
