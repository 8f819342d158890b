import { spamFilter } from '../../examples/spam-filter/pipeline';
import { type Monitoring, validateDefinition } from '../../lib/pipeline';

const { performance } = spamFilter.monitoring;

function problemsOf(monitoring: Partial<Monitoring>): string[] {
  const definition = { ...spamFilter, monitoring: { ...spamFilter.monitoring, ...monitoring } };
  return validateDefinition(definition).map(({ path, message }) => `${path} ${message}`);
}

test('every level may be given', () => {
  const levels = { warning: 1, critical: 2 };
  expect(
    problemsOf({
      performance: {
        ...performance,
        latencyP50Ms: levels,
        overheadP99Ms: levels,
        clientErrorPercent: levels,
        silenceMinutes: levels,
      },
      resources: { diskPercent: levels },
      queue: { backlog: levels, ageSeconds: levels },
      modelAgeDays: levels,
    }),
  ).toEqual([]);
});

test('a warning comes before it is critical, and a level is given', () => {
  const wrong = { warning: 2, critical: 1 };
  expect(
    problemsOf({
      performance: { ...performance, latencyP50Ms: wrong },
      queue: { backlog: wrong },
      modelAgeDays: {},
    }),
  ).toEqual([
    'monitoring.performance.latencyP50Ms warns at 2, not before 1',
    'monitoring.queue.backlog warns at 2, not before 1',
    'monitoring.modelAgeDays has no level',
  ]);
});

test('an alarm looks back one day at most', () => {
  const [problem] = problemsOf({ performance: { ...performance, silenceMinutes: { warning: 1441 } } });
  expect(problem).toBe('monitoring.performance.silenceMinutes.warning is 1441');
});
