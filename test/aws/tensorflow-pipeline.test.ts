import { spamFilter } from '../../examples/spam-filter/pipeline';
import { synthPipeline } from './synth';

const keras = {
  ...spamFilter,
  training: { ...spamFilter.training, framework: 'tensorflow' as const },
};

/** Repository and tag of every image of AWS' that a state machine names. */
function imagesOf(machine: unknown): string[] {
  const images = JSON.stringify(machine).matchAll(/(?<image>[\w-]+-training:[\w.-]+)/g);
  return [...new Set([...images].map(({ groups }) => groups?.image ?? ''))].sort();
}

test('every job of a TensorFlow model runs in AWS’ TensorFlow container, in the steps of any other', () => {
  const pytorch = synthPipeline();
  const tensorflow = synthPipeline({ definition: keras });
  expect(imagesOf(pytorch.machine)).toEqual(['pytorch-training:2.8.0-cpu-py312']);
  expect(imagesOf(tensorflow.machine)).toEqual(['tensorflow-training:2.19.0-cpu-py312']);
  expect(Object.keys(tensorflow.machine.States)).toEqual(Object.keys(pytorch.machine.States));
});
