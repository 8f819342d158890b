import { spamFilter } from '../../examples/spam-filter/pipeline';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { grammar } from '../fixtures/language-model/pipeline';
import { renderAws } from './render-aws';
import { renderGoogle } from './render-google';
import { renderLocal } from './render-local';
import type { Rendering } from './rendering';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('../aws/stub-bundle'));
jest.mock('../../lib/local/steps', () => ({ runStep: jest.fn() }));
jest.setTimeout(60_000);

const TARGETS = { aws: renderAws, google: renderGoogle, local: renderLocal };

const { training, deployment } = spamFilter;
const trained = (more: Partial<PipelineDefinition['training']>): PipelineDefinition => ({
  ...spamFilter,
  training: { ...training, ...more },
});
const deployed = (more: Partial<PipelineDefinition['deployment']>): PipelineDefinition => ({
  ...spamFilter,
  deployment: { ...deployment, ...more },
});

const DEFINITIONS: Readonly<Record<string, PipelineDefinition>> = {
  'the example': spamFilter,
  'nothing optimised': { ...spamFilter, optimization: undefined },
  'an optimisation that must succeed': {
    ...spamFilter,
    optimization: {
      quantize: { precision: 'int8', gate: { f1: { maxLoss: 0.01 } }, onRejected: 'stop', method: 'static' },
    },
  },
  'a pruning and a quantisation': {
    ...spamFilter,
    optimization: {
      ...spamFilter.optimization,
      prune: { sparsity: 0.5, gate: { f1: { maxLoss: 0.01 } }, machine: { memoryGiB: 16 } },
    },
  },
  'a distillation': {
    ...spamFilter,
    optimization: {
      distill: { entry: 'student.py', gate: { f1: { maxLoss: 0.01 } }, machine: { accelerator: 'l4' } },
    },
  },
  'a model of TensorFlow': trained({ framework: 'tensorflow' }),
  'drift and feedback': {
    ...spamFilter,
    monitoring: {
      ...spamFilter.monitoring,
      capture: { samplePercent: 10 },
      drift: { everyHours: 12 },
      feedback: { retrainAfterSamples: 100 },
    },
  },
  'a tuning': trained({
    tuning: {
      objective: 'validation_loss',
      goal: 'minimize',
      ranges: { learningRate: { kind: 'continuous', min: 0.0001, max: 0.1, scale: 'log' } },
      trials: 4,
      parallelTrials: 2,
    },
  }),
  'spot capacity with checkpoints': trained({
    train: { ...training.train, capacity: 'spot', checkpoints: true, maxWaitMinutes: 240 },
  }),
  'several machines': trained({
    train: { ...training.train, machine: { accelerator: 'a100', accelerators: 8, memoryGiB: 640 } },
    distribution: { strategy: 'data-parallel', machines: 2 },
  }),
  'start weights': trained({ transferLearning: { from: { version: 'a1c229327c37' } } }),
  'a person who approves': deployed({ approval: { approvers: ['ml@example.com'], expiresHours: 24 } }),
  'a serverless endpoint': deployed({
    endpoint: { mode: 'serverless', machine: { memoryGiB: 4 }, replicas: { max: 5 } },
    release: undefined,
  }),
  'all traffic at once': deployed({ release: { strategy: 'all-at-once' } }),
  'a linear release': deployed({ release: { strategy: 'linear', stepPercent: 25, waitMinutes: 5 } }),
  'a language model': { ...grammar, deployment: { endpoint: { machine: { accelerator: 'l4' } } } },
};

/** Steps of a release, and their helpers. */
const RELEASES = /\b(release|restore)/;

const CASES = Object.keys(TARGETS).flatMap((target) =>
  Object.keys(DEFINITIONS).map((name) => [target as keyof typeof TARGETS, name] as const),
);

describe.each(CASES)('%s: %s', (target, name) => {
  const definition = DEFINITIONS[name] ?? spamFilter;
  const plan = compile(definition);
  let rendering: Rendering;
  beforeAll(async () => {
    rendering = await TARGETS[target](definition);
  });

  test('has the steps of the plan, in its order', () => {
    expect(rendering.steps).toEqual(plan.steps.map(({ id }) => id));
  });

  test('goes from each step to the next one, or along its failure edge', () => {
    for (const { id, next, onFailure } of plan.steps) {
      const followers = rendering.followers(id);
      expect({ id, next: next === null || followers.includes(next) }).toEqual({ id, next: true });
      const others = followers.filter((follower) => follower !== next && follower !== onFailure);
      expect({ id, others }).toEqual({ id, others: [] });
    }
  });

  test('reaches registry and endpoint through the verification alone', () => {
    expect(rendering.touchedWithout('verify')).toEqual([]);
  });

  test('reaches the endpoint through the approval alone', () => {
    expect(rendering.touchedWithout('baseline').join(' ')).toMatch(RELEASES);
    const touched = rendering.touchedWithout('approve').join(' ');
    expect(touched).toMatch(/^register/);
    expect(touched).not.toMatch(RELEASES);
  });
});

test('the plan verifies before it registers, approves and releases, whatever the definition', () => {
  for (const definition of Object.values(DEFINITIONS)) {
    const ids = compile(definition).steps.map(({ id }) => id);
    const places = ['verify', 'register', 'approve', 'release'].map((id) => ids.indexOf(id));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  }
});
