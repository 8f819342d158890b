import { compile, type PipelineDefinition, validateDefinition } from '../../lib/pipeline';
import { minimal } from './definitions';

const keras: PipelineDefinition = {
  ...minimal,
  training: { ...minimal.training, framework: 'tensorflow' },
};

test('a TensorFlow model takes the same path, and its export is told the framework', () => {
  expect(validateDefinition(keras)).toEqual([]);
  const [pytorch, tensorflow] = [minimal, keras].map((definition) => compile(definition).steps);
  expect(tensorflow?.map(({ id }) => id)).toEqual(pytorch?.map(({ id }) => id));
  expect(tensorflow?.find(({ id }) => id === 'export')).toMatchObject({
    framework: 'tensorflow',
    parameters: { framework: 'tensorflow' },
  });
});

test('what is there for PyTorch alone is refused, wherever it would run', () => {
  const definition = {
    ...keras,
    training: {
      ...keras.training,
      train: { machine: { accelerator: 't4', accelerators: 4 } },
      distribution: { strategy: 'data-parallel' },
    },
    optimization: { prune: { sparsity: 0.5, gate: { accuracy: { maxLoss: 0.01 } } } },
    conversion: { opset: 20 },
  };
  expect(validateDefinition(definition)).toEqual([
    {
      code: 'framework-distribution',
      path: 'training.distribution',
      message: 'distributes PyTorch models; a TensorFlow model trains in one process',
      fix: 'Remove it, or train with the framework "pytorch".',
    },
    {
      code: 'framework-prune',
      path: 'optimization.prune',
      message: 'prunes PyTorch models',
      fix: 'Remove it, or train with the framework "pytorch".',
    },
    {
      code: 'framework-opset',
      path: 'conversion.opset',
      message: 'is 20; a TensorFlow model is exported with 18 at most',
      fix: 'Give 13 to 18.',
    },
  ]);
});
