import { spamFilter } from '../../examples/spam-filter/pipeline';
import * as aws from '../../lib/aws/support';
import * as google from '../../lib/google/support';
import { IssueError } from '../../lib/issue';
import { runPipeline } from '../../lib/local';
import * as local from '../../lib/local/support';
import type { PipelineDefinition } from '../../lib/pipeline';
import { synthPipeline } from '../aws/synth';
import { workflowOf } from './google-workflow';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('../aws/stub-bundle'));

/** A value of each field that a target refuses whatever its value. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  'training.train.warmPoolMinutes': 10,
  'training.tuning.warmStart': { jobs: ['earlier'] },
  'optimization.prune': { sparsity: 0.5, gate: { f1: { maxLoss: 0.01 } } },
  'optimization.distill': { entry: 'student.py', gate: { f1: { maxLoss: 0.01 } } },
  'deployment.endpoint.replicas.concurrentRequests': 4,
  'deployment.endpoint.replicas.backlog': 5,
  'monitoring.performance.latencyP50Ms': { warning: 50 },
  'monitoring.performance.overheadP99Ms': { warning: 20 },
  'monitoring.performance.clientErrorPercent': { warning: 5 },
  'monitoring.performance.silenceMinutes': { warning: 60 },
  'monitoring.resources': { cpuPercent: { warning: 80 } },
  'monitoring.resources.diskPercent': { warning: 80 },
  'monitoring.queue': { backlog: { warning: 10 } },
  'monitoring.modelAgeDays': { warning: 30 },
  'monitoring.capture': { samplePercent: 10 },
  'monitoring.drift': {},
  'monitoring.feedback': { retrainAfterSamples: 100 },
};

const tuning = {
  objective: 'f1',
  goal: 'maximize',
  ranges: { learningRate: { kind: 'continuous', min: 0.001, max: 0.1 } },
  trials: 2,
};

type Target = readonly [
  name: string,
  place: string,
  refused: Readonly<Record<string, string>>,
  render: (definition: PipelineDefinition) => unknown,
];

const TARGETS: readonly Target[] = [
  ['aws', 'AWS', aws.UNSUPPORTED, (definition) => synthPipeline({ definition })],
  ['google', 'Google Cloud', google.UNSUPPORTED, workflowOf],
  [
    'local',
    'this machine',
    local.UNSUPPORTED,
    (definition) => runPipeline(definition, { python: 'python3', data: __dirname }),
  ],
];

const CASES = TARGETS.flatMap(([name, place, refused, render]) =>
  Object.entries(refused).map(([entry, reason]) => ({ name, place, entry, reason, render })),
);

test.each(CASES)('$name refuses $entry, as its table says', async ({ entry, place, reason, render }) => {
  const [path = '', value] = entry.split('=');
  const definition = withValue(path, value ?? SAMPLES[path]);
  const error: unknown = await Promise.resolve()
    .then(() => render(definition))
    .then(
      () => undefined,
      (refusal: unknown) => refusal,
    );
  expect(error).toBeInstanceOf(IssueError);
  const found = (error as IssueError).issues.filter(({ code }) => code === 'unsupported-field');
  expect(found.map(({ path: at, message }) => `${at} ${message}`)).toContain(
    `${path} is not carried out on ${place}: ${reason}`,
  );
});

/** The example, with one more field. */
function withValue(path: string, value: unknown): PipelineDefinition {
  const definition = structuredClone(spamFilter) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  if (path.startsWith('training.tuning.'))
    Object.assign(definition.training as object, { tuning: { ...tuning } });
  const parent = keys
    .slice(0, -1)
    .reduce((at, key) => (at[key] ??= {}) as Record<string, unknown>, definition);
  parent[keys.at(-1) ?? ''] = value;
  return definition as unknown as PipelineDefinition;
}
