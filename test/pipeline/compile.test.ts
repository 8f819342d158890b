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
