import type { Issue } from '../../issue';
import type { TensorSpec } from '../../pipeline/definition';
import type { Tensor } from '../tensor';
import { count, judged, skipped, type Check } from './check';

/** The model answers every golden sample, in the shape its signature declares. */
export const run: Check = {
  id: 'run',
  title: 'It answers every golden sample in the declared shape',
  after: ['load'],
  run: async (subject) => {
    const golden = subject.golden();
    if (!golden) return skipped('there are no golden samples to run it on');
    const answers = await subject.answers();
    const specs = subject.signatures().flatMap(({ outputs }) => Object.entries(outputs));
    const findings = golden.samples.flatMap(({ id }, index) =>
      specs.flatMap(([name, spec]) => shapeFindings(id, name, spec, answers[index]?.outputs[name])),
    );
    return judged(findings, 'answers have another shape than declared', count(answers.length, 'sample'));
  },
};

/** An output that is missing altogether is a finding of the check "signature". */
function shapeFindings(id: string, name: string, spec: TensorSpec, tensor: Tensor | undefined): Issue[] {
  if (!tensor || fits(spec, tensor)) return [];
  const actual = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
  return [
    {
      code: 'output-shape',
      path: `sample "${id}"`,
      message: `output "${name}" is ${actual}, declared is ${spec.dtype} [${spec.shape.join(', ')}]`,
      fix: 'correct the signature, or the last operators of the model',
    },
  ];
}

function fits({ dtype, shape }: TensorSpec, tensor: Tensor): boolean {
  if (tensor.dtype !== dtype || tensor.shape.length !== shape.length) return false;
  return shape.every((size, index) => typeof size === 'string' || size === tensor.shape[index]);
}
