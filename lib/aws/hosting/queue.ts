import { type Issue, issue } from '../../issue';

/** Alarms on a queue that there is none of would never go off. */
export function checkQueue(given: readonly string[]): Issue[] {
  if (!given.includes('queue')) return [];
  return [
    issue(
      'queue-without-asynchronous',
      'queue',
      'watches requests that wait; only an asynchronous endpoint lets them wait',
      'Leave it out, or choose Hosting.asynchronous(…).',
    ),
  ];
}
