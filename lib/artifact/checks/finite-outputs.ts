import type { Issue } from '../../issue';
import { toNumbers, type Tensor } from '../tensor';
import { count, judged, type Check } from './check';

/** No answer holds a NaN or an infinity. */
export const finiteOutputs: Check = {
  id: 'finite-outputs',
  title: 'No answer holds NaN or infinity',
  after: ['run'],
  run: async (subject) => {
    const samples = subject.golden()?.samples ?? [];
    const answers = await subject.answers();
    const findings = samples.flatMap(({ id }, index) =>
      Object.entries(answers[index]?.outputs ?? {}).flatMap(([name, tensor]) => nonFinite(id, name, tensor)),
    );
    return judged(
      findings,
      `${count(findings.length, 'output')} with NaN or infinity`,
      count(answers.length, 'sample'),
    );
  },
};

function nonFinite(id: string, name: string, tensor: Tensor): Issue[] {
  if (tensor.dtype === 'string') return [];
  const index = toNumbers(tensor).findIndex((value) => !Number.isFinite(value));
  if (index === -1) return [];
  const message = `output "${name}" is ${toNumbers(tensor)[index] ?? NaN} at index ${index}`;
  const fix = 'look for a division by zero, a logarithm of zero, or weights that are not finite';
  return [{ code: 'finite-outputs', path: `sample "${id}"`, message, fix }];
}
