import fc from 'fast-check';
import {
  type ArtifactSource,
  compile,
  type PipelineDefinition,
  type Plan,
  toMermaid,
} from '../../lib/pipeline';
import { minimal } from './definitions';

const loss = { gate: { accuracy: { maxLoss: 0.01 } } };
const prune = { ...loss, sparsity: 0.5 };
const distill = { ...loss, entry: 'student.py' };
const quantize = { ...loss, precision: 'int8' } as const;

const mainPath = (plan: Plan) => {
  const ids: string[] = [];
  for (let id: string | null = plan.start; id !== null; id = find(plan, id).next) ids.push(id);
  return ids;
};
const find = (plan: Plan, id: string) => {
  const step = plan.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
};

test('the shortest path: train, export, evaluate, gate, convert, verify, release', () => {
  expect(mainPath(compile(minimal))).toEqual([
    'preprocess',
    'train',
    'export',
    'evaluate',
    'gate',
    'convert',
    'verify',
    'register',
    'approve',
    'release',
    'baseline',
  ]);
});

test('every optimisation is exported where it yields weights, evaluated, and judged by its own gate', () => {
  const plan = compile({ ...minimal, optimization: { prune, distill, quantize } });
  expect(mainPath(plan).slice(5, -6)).toEqual([
    'prune',
    'export-prune',
    'evaluate-prune',
    'gate-prune',
    'distill',
    'export-distill',
    'evaluate-distill',
    'gate-distill',
    'quantize',
    'evaluate-quantize',
    'gate-quantize',
  ]);
});

test('a rejected optimisation hands on the model before it', () => {
  const plan = compile({ ...minimal, optimization: { quantize } });
  expect(find(plan, 'gate-quantize')).toMatchObject({
    selects: {
      onnx: {
        accepted: { from: 'step', step: 'quantize', output: 'onnx' },
        rejected: { from: 'step', step: 'export', output: 'onnx' },
      },
    },
  });
  expect(find(plan, 'convert').inputs.onnx).toEqual({ from: 'gate', gate: 'gate-quantize', name: 'onnx' });
});

test('a rejected optimisation stops the run where the definition says so', () => {
  const plan = compile({ ...minimal, optimization: { quantize: { ...quantize, onRejected: 'stop' } } });
  expect(find(plan, 'gate-quantize')).not.toHaveProperty('selects');
  expect(find(plan, 'gate-quantize').onFailure).toBe('notify-failure');
  expect(find(plan, 'convert').inputs.onnx).toEqual({ from: 'step', step: 'quantize', output: 'onnx' });
});

test('the next optimisation starts from what the gate before it selected', () => {
  const plan = compile({ ...minimal, optimization: { prune, quantize } });
  expect(find(plan, 'quantize').inputs.onnx).toEqual({ from: 'gate', gate: 'gate-prune', name: 'onnx' });
  expect(find(plan, 'gate-quantize').inputs.baseline).toEqual({
    from: 'gate',
    gate: 'gate-prune',
    name: 'metrics',
  });
});

test('a failed release restores the last version, then notifies', () => {
  const plan = compile(minimal);
  expect(find(plan, 'release').onFailure).toBe('restore');
  expect(find(plan, 'restore')).toMatchObject({ action: 'restore', next: 'notify-failure' });
});

test('what the definition says reaches the programs, defaults included', () => {
  const { steps } = compile({
    ...minimal,
    training: { ...minimal.training, train: { hyperparameters: { epochs: 3 }, timeoutMinutes: 5 } },
  });
  expect(steps.find(({ id }) => id === 'train')).toMatchObject({
    parameters: { entry: 'train.py', hyperparameters: { epochs: 3 } },
    machine: { accelerator: 'cpu', memoryGiB: 8 },
    timeoutMinutes: 5,
    retry: { attempts: 2, backoffSeconds: 30 },
  });
  expect(steps.find(({ id }) => id === 'export')).toMatchObject({
    parameters: { opset: 18, goldenSamples: 32, tolerance: { absolute: 1e-4, relative: 0 } },
  });
});

test('how training is placed is in its step, defaults included', () => {
  const placed = (train: PipelineDefinition['training']['train']) =>
    find(compile({ ...minimal, training: { ...minimal.training, train } }), 'train');
  expect(placed({})).toMatchObject({
    capacity: 'on-demand',
    checkpoints: false,
    fallbackMachines: [],
    machines: 1,
  });
  expect(placed({})).not.toHaveProperty('maxWaitMinutes');
  expect(
    placed({
      capacity: 'spot',
      checkpoints: true,
      timeoutMinutes: 90,
      machine: { accelerator: 't4' },
      fallbackMachines: [{ accelerator: 'l4' }],
    }),
  ).toMatchObject({
    maxWaitMinutes: 180,
    checkpoints: true,
    fallbackMachines: [{ accelerator: 'l4', memoryGiB: 8 }],
  });
  expect(placed({ warmPoolMinutes: 5 })).toMatchObject({ warmPoolMinutes: 5 });
});

test('a tuning takes the place of the training, and its model goes on', () => {
  const tuning = {
    objective: 'loss',
    goal: 'minimize',
    trials: 4,
    ranges: { rate: { kind: 'continuous', min: 0.1, max: 1 } },
    warmStart: { jobs: ['tune-1'] },
  } as const;
  const plan = compile({ ...minimal, training: { ...minimal.training, tuning } });
  expect(find(plan, 'tune')).toMatchObject({
    program: 'tune',
    parameters: {
      tuning: {
        parallelTrials: 1,
        earlyStopping: 'off',
        warmStart: { jobs: ['tune-1'], sameDataAndCode: false },
      },
    },
  });
  expect(find(plan, 'export').inputs.model).toEqual({ from: 'step', step: 'tune', output: 'model' });
  expect(find(plan, 'register').inputs.weights).toEqual({ from: 'step', step: 'tune', output: 'model' });
});

test('a distributed training says how many processes it has on each of its machines', () => {
  const training = {
    ...minimal.training,
    train: { machine: { accelerator: 'a10g', accelerators: 4 } },
    distribution: { strategy: 'model-parallel', machines: 2 },
  } as const;
  expect(find(compile({ ...minimal, training }), 'train')).toMatchObject({
    parameters: { distribution: { strategy: 'model-parallel', machines: 2, processes: 4 } },
    machines: 2,
  });
});

test.each([
  [{ version: 'a1b2c3' }, 'models/a1b2c3/weights/'],
  [{ prefix: 'pretrained/mails/' }, 'pretrained/mails/'],
  [
    { huggingFace: { repository: 'google/bert', revision: 'ab'.repeat(20) } },
    `pretrained/google/bert/${'ab'.repeat(20)}/`,
  ],
])('start weights %j are the directory %s of the store', (from, prefix) => {
  const transferLearning = { from, frozenLayers: ['embedding'] };
  const plan = compile({ ...minimal, training: { ...minimal.training, transferLearning } });
  expect(find(plan, 'train')).toMatchObject({
    inputs: { start: { from: 'store', prefix } },
    parameters: { frozenLayers: ['embedding'] },
  });
});

test('an augmentation is part of the preprocessing', () => {
  const plan = compile({ ...minimal, training: { ...minimal.training, augmentation: {} } });
  expect(find(plan, 'preprocess')).toMatchObject({
    parameters: { augmentation: { copies: 1, parameters: {} } },
  });
});

const definitions: fc.Arbitrary<PipelineDefinition> = fc
  .record(
    {
      prune: fc.constant(prune),
      distill: fc.constant(distill),
      quantize: fc.constant(quantize),
      onRejected: fc.constantFrom('stop' as const, 'keep-previous' as const),
    },
    { requiredKeys: [] },
  )
  .map(({ onRejected, ...steps }) => ({
    ...minimal,
    optimization: Object.fromEntries(
      Object.entries(steps).map(([name, step]) => [name, { ...step, onRejected }]),
    ),
  }));

test('every input was written by an earlier step, whatever is defined', () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const plan = compile(definition);
      const written = new Set<string>(['dataset']);
      const key = (source: ArtifactSource) =>
        source.from === 'step'
          ? `${source.step}/${source.output}`
          : source.from === 'gate'
            ? `${source.gate}/${source.name}`
            : 'dataset';
      for (const id of mainPath(plan)) {
        const step = find(plan, id);
        for (const source of Object.values(step.inputs)) expect(written).toContain(key(source));
        for (const name of step.outputs) written.add(`${id}/${name}`);
        if (step.kind !== 'gate') continue;
        for (const [name, selection] of Object.entries(step.selects ?? {})) {
          expect(written).toContain(key(selection.accepted));
          expect(written).toContain(key(selection.rejected));
          written.add(`${id}/${name}`);
        }
      }
    }),
  );
});

test('no path reaches a release without verify, whatever is defined', () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      const path = mainPath(compile(definition));
      expect(path.indexOf('verify')).toBeGreaterThan(path.indexOf('convert'));
      expect(path.indexOf('release')).toBeGreaterThan(path.indexOf('verify'));
    }),
  );
});

test('the same definition gives the same plan, byte for byte', () => {
  const definition = { ...minimal, optimization: { prune, quantize } };
  expect(JSON.stringify(compile(structuredClone(definition)))).toBe(JSON.stringify(compile(definition)));
});

test('the flowchart has a subgraph a stage and dotted failure edges', () => {
  const chart = toMermaid(compile({ ...minimal, optimization: { quantize } }));
  expect(chart.split('\n').filter((line) => line.startsWith('  subgraph'))).toEqual([
    '  subgraph training',
    '  subgraph optimization',
    '  subgraph conversion',
    '  subgraph deployment',
    '  subgraph monitoring',
  ]);
  expect(chart).toContain('    gate-quantize{"gate-quantize<br/>accuracy"}\n');
  expect(chart).toContain('  verify --> register\n  verify -.-> notify-failure\n');
});
