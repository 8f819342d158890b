import { unsupportedFields } from '../../lib/pipeline';
import { minimal } from './definitions';

const refused = { 'training.tuning': 'no tuner', 'conversion.format=tflite': 'ONNX only' };

test('fields a target does not carry out are refused, with the reason', () => {
  const definition = {
    ...minimal,
    conversion: { format: 'tflite' as const },
    training: {
      ...minimal.training,
      tuning: { objective: 'f1', goal: 'maximize' as const, trials: 1, ranges: {} },
    },
  };
  expect(unsupportedFields(definition, 'AWS', refused)).toEqual([
    {
      code: 'unsupported-field',
      path: 'training.tuning',
      message: 'is not carried out on AWS: no tuner',
      fix: 'Remove the field.',
    },
    {
      code: 'unsupported-field',
      path: 'conversion.format',
      message: 'is not carried out on AWS: ONNX only',
      fix: 'Choose another value than "tflite".',
    },
  ]);
});

test('fields that are absent, or have another value, are not refused', () => {
  expect(unsupportedFields({ ...minimal, conversion: { format: 'onnx' } }, 'AWS', refused)).toEqual([]);
});
