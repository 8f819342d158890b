import { compile, driftStep } from '../../lib/pipeline';
import { minimal } from './definitions';

const gate = { accuracy: { maxLoss: 0.01 } };
const prune = { gate, sparsity: 0.5 };
const distill = { gate, entry: 'student.py' };

const stepOf = (definition: Parameters<typeof compile>[0], id: string) =>
  compile(definition).steps.find((step) => step.id === id);

test('pruning is told what it may run and train, and reads the framework’s model', () => {
  const definition = { ...minimal, optimization: { prune: { ...prune, fineTune: { epochs: 1 } } } };
  expect(stepOf(definition, 'prune')).toMatchObject({
    parameters: { sparsity: 0.5, kind: 'structured', fineTune: { epochs: 1 }, signature: minimal.signature },
    inputs: { model: { from: 'step', step: 'train', output: 'model' } },
  });
  expect(stepOf({ ...minimal, optimization: { prune } }, 'prune')).not.toHaveProperty('parameters.fineTune');
});

test('the teacher is the ONNX file of the model before', () => {
  expect(stepOf({ ...minimal, optimization: { distill } }, 'distill')).toMatchObject({
    parameters: { entry: 'student.py', hyperparameters: {} },
    inputs: { teacher: { from: 'step', step: 'export', output: 'onnx' } },
  });
});

test('the baseline keeps the reference of the model that goes on', () => {
  expect(stepOf({ ...minimal, optimization: { distill } }, 'baseline')?.inputs.evaluation).toEqual({
    from: 'gate',
    gate: 'gate-distill',
    name: 'metrics',
  });
});

test('every run prepares its data with the feedback, where there may be none yet', () => {
  const monitoring = { ...minimal.monitoring, feedback: { retrainAfterSamples: 5 } };
  expect(stepOf({ ...minimal, monitoring }, 'preprocess')?.inputs.feedback).toEqual({
    from: 'store',
    prefix: `feedback/${minimal.name}/`,
    optional: true,
  });
  expect(stepOf(minimal, 'preprocess')?.inputs).not.toHaveProperty('feedback');
});

test('a check for drift looks back as far as the last one, and is no step of the plan', () => {
  const store = { from: 'store', prefix: 'x/' } as const;
  const inputs = { capture: store, baseline: store, preprocessing: store };
  expect(driftStep(minimal, inputs)).toMatchObject({
    program: 'drift',
    parameters: { hours: 24, minSamples: 200, populationStability: { warning: 0.1, critical: 0.25 } },
    outputs: ['report', 'metrics'],
    next: null,
  });
  expect(stepOf(minimal, 'drift')).toBeUndefined();
});
